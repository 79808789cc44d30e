#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/control/control.h"
#include "reference/plexsphere/control/given.h"

/* Ten years are more than any clause waits, and far from where an instant ends. */
#define ADVANCE_MAX_SECONDS (INT64_C(10) * 366 * 24 * 3600)

static bool advance(struct app *app, struct arena *a, const json_t *line, json_t **out,
                    struct error *e)
{
    int64_t seconds = json_int(line, "seconds", -1);
    if (seconds < 0 || seconds > ADVANCE_MAX_SECONDS)
        return error_set(e, "advance needs 'seconds', a whole number from 0 to %lld",
                         (long long)ADVANCE_MAX_SECONDS);
    app_clock_advance(&app->clock, seconds * MICROS_PER_SECOND);
    const char *now = timestamp_format(a, app_clock_now(&app->clock));
    *out = json_own(a, json_pack("{s:s}", "now", now));
    return true;
}

static bool given(struct app *app, struct arena *a, const json_t *line, json_t **out,
                  struct error *e)
{
    const char *name = json_text(line, "name");
    const json_t *input = json_member(line, "input");
    if (!name)
        return error_set(e, "given needs 'name', a text");
    if (!json_is_object(input))
        return error_set(e, "given needs 'input', an object");
    return given_apply(app, a, name, input, out, e);
}

static bool run(struct app *app, struct arena *a, const json_t *line, json_t **out, struct error *e)
{
    const char *cmd = json_text(line, "cmd");
    if (text_equal(cmd, "advance"))
        return advance(app, a, line, out, e);
    if (text_equal(cmd, "given"))
        return given(app, a, line, out, e);
    return error_set(e, "'cmd' must be 'advance' or 'given'");
}

char *control_answer(struct app *app, struct arena *a, const char *line, size_t len)
{
    struct error e = { "" };
    json_t *request, *out;
    if (!json_parse(a, line, len, &request, &e))
        error_prefix(&e, "not JSON");
    else if (!json_is_object(request))
        error_set(&e, "not a JSON object");
    else if (run(app, a, request, &out, &e))
        return json_dump(a, out);
    return json_dump(a, json_own(a, json_pack("{s:s}", "error", e.text)));
}
