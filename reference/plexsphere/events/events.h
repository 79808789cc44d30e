/* events/events.h — signed events for Nodes (SPEC EVT-*, KEY-*).
 *
 * Contexts append events to the outbox (node_events.h). publisher.c takes them from there, one
 * process at a time, signs them (envelope.c, signing_keys.c) and hands them to the bus
 * (ports/event_bus.h); the bus's listener in every process feeds the hub (hub.h), and the streams
 * of GetNodeEvents hang on that. */
#ifndef PLEXSPHERE_EVENTS_H
#define PLEXSPHERE_EVENTS_H

#include "reference/plexsphere/app.h"
#include "reference/plexsphere/events/hub.h"
#include "reference/plexsphere/nodes/nodes.h"
#include "reference/plexsphere/ports/event_bus.h"
#include "reference/plexsphere/surface.h"

struct signing;

/* The surface's state, made once at boot. */
struct events_state {
    struct nsk_gate gate;
    struct event_bus *bus;
    struct hub *hub;
    const struct signing *signing; /* app->signing; it holds a seed, or the surface is off */
};

extern const struct surface surface_events; /* routes.c: GetNodeEvents */

/* The surface's two callbacks (life.c). The state is a struct events_state; OFF without a signing
 * seed (ruling 11). */
enum configured events_configure(struct app *app, void **state, struct error *e);
/* Publisher and listener, until app_stopping(); then the hub ends its streams. */
void events_background(struct app *app, void *state);

/* PLEXSPHERE_EVENTS_NATS_URL: ON is NATS, OFF is Postgres. */
struct event_bus_config {
    const char *nats_url; /* with credentials: never to be logged */
};
enum configured production_event_bus_config_from_env(struct arena *a, const struct environment *env,
                                                     struct event_bus_config *out, struct error *e);

/* The adapters live as long as app->arena; nothing is reached before the first call. */
struct event_bus *bus_postgres_create(struct app *app);
struct event_bus *bus_nats_create(struct app *app, const char *url);

#endif
