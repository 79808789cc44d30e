/* The events surface from boot to stop. */
#include <pthread.h>
#include <string.h>

#include "common/arena.h"
#include "common/log.h"
#include "reference/plexsphere/app_life.h"
#include "reference/plexsphere/events/events.h"
#include "reference/plexsphere/events/publisher.h"
#include "reference/plexsphere/events/signing_keys.h"

/* KEY-002: without a seed nothing is signed, and what would send or tell of it is off. */
enum configured events_configure(struct app *app, void **state, struct error *e)
{
    struct event_bus_config config = { NULL };
    struct registration_config registration;
    struct events_state *s = arena_alloc(app->arena, sizeof *s);
    *state = s;
    enum configured wrapped =
        production_registration_config_from_env(app->arena, &app->env, &registration, e);
    enum configured bus = production_event_bus_config_from_env(app->arena, &app->env, &config, e);
    if (env_and(wrapped, env_optional(bus)) != CONFIGURED_ON)
        return env_and(wrapped, env_optional(bus));
    memcpy(s->gate.wrap_key, registration.nsk_wrap_key, sizeof s->gate.wrap_key);
    s->signing = app->signing;
    if (!app->signing->has_seed)
        return CONFIGURED_OFF;
    s->bus =
        bus == CONFIGURED_ON ? bus_nats_create(app, config.nats_url) : bus_postgres_create(app);
    return hub_create(app, &s->hub, e) ? CONFIGURED_ON : CONFIGURED_REFUSED;
}

static void deliver(void *hub, const struct bus_event *event)
{
    hub_deliver(hub, event);
}

static void up(void *hub, bool connected)
{
    log_line(LOG_INFO, connected ? "the event bus is connected" : "the event bus is lost", NULL);
    hub_up(hub, connected);
}

static void *publish(void *publisher)
{
    publisher_run(publisher);
    return NULL;
}

void events_background(struct app *app, void *state)
{
    struct events_state *s = state;
    struct publisher publisher = { .app = app, .bus = s->bus };
    pthread_t thread;
    bool started = pthread_create(&thread, NULL, publish, &publisher) == 0;
    if (!started)
        log_line(LOG_ERROR, "the publisher of events cannot be started", NULL);
    s->bus->listen(s->bus, app, deliver, up, s->hub);
    if (started)
        pthread_join(thread, NULL);
    hub_stop(s->hub);
}
