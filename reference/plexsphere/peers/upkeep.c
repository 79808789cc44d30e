#include "reference/plexsphere/peers/upkeep.h"

#include "common/arena.h"
#include "reference/plexsphere/app.h"
#include "reference/plexsphere/app_life.h"
#include "reference/plexsphere/peers/endpoints.h"
#include "reference/plexsphere/peers/psk.h"
#include "reference/plexsphere/peers/state.h"

enum { AT_ONCE = 100 };

/* Does at most AT_ONCE things; *n is how many there were. */
typedef enum sql_result round_of_upkeep(struct tx *tx, const struct mesh_state *state, int64_t now,
                                        size_t *n);

static enum sql_result sweep_endpoints(struct tx *tx, const struct mesh_state *state, int64_t now,
                                       size_t *n)
{
    (void)state;
    return endpoints_sweep(tx, now, AT_ONCE, n);
}

static enum sql_result fill_shares(struct tx *tx, const struct mesh_state *state, int64_t now,
                                   size_t *n)
{
    return psk_fill(tx, state->gate.wrap_key, AT_ONCE, now, n);
}

/* False when the database refused; whoever asks comes again with the next waking. */
static bool run_round(struct app *app, const struct mesh_state *state, round_of_upkeep *round,
                      size_t *n)
{
    struct arena *a = arena_create();
    struct tx *tx = tx_begin(app->db, a);
    tx_write(tx);
    bool done =
        round(tx, state, app_clock_now(&app->clock), n) == SQL_OK && tx_commit(tx) == SQL_OK;
    tx_end(tx);
    arena_destroy(a);
    return done;
}

/* Until there is nothing left to do; false when that was not reached. */
static bool run_rounds(struct app *app, const struct mesh_state *state, round_of_upkeep *round)
{
    size_t n = AT_ONCE;
    while (n == AT_ONCE)
        if (app_stopping() || !run_round(app, state, round, &n))
            return false;
    return true;
}

/* Whoever joins has a share from the beginning, so that filling is over when it once succeeded. */
void mesh_upkeep(struct app *app, void *mesh_state)
{
    const struct mesh_state *state = mesh_state;
    bool filled = false;
    while (!app_wait(state->config.endpoint_sweep)) {
        filled = filled || run_rounds(app, state, fill_shares);
        run_rounds(app, state, sweep_endpoints);
    }
}
