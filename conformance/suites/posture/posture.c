#include "suites/posture/posture.h"

#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "harness/profile.h"
#include "suites/derived/derived.h"

json_t *posture_env(struct world *w, const struct change *changes)
{
    json_t *env = json_own(w->arena, json_copy((json_t *)w->profile->boot_env));
    for (; changes && changes->name; changes++)
        if (changes->value)
            json_object_set_new(env, changes->name, json_string(changes->value));
        else
            json_object_del(env, changes->name);
    return env;
}

static void stop(void *thing)
{
    (void)boot_stop(thing, 2000);
}

static enum boot_result boot(struct world *w, const struct change *changes, struct booted **out,
                             struct error *e)
{
    static int count;
    struct booted *b = arena_alloc(w->arena, sizeof *b);
    const char *directory =
        arena_printf(w->arena, "%s/boot-%d-%d", w->profile->scratch, w->worker, count++);
    *out = b;
    if (!w->profile->boot.argv || !w->profile->boot_env)
        unsupported(w, "the profile has no hooks.boot with boot_env");
    enum boot_result r = boot_start(w->arena, w->profile, directory, posture_env(w, changes), b, e);
    if (b->directory)
        world_defer(w, stop, b);
    if (r == BOOT_BROKEN)
        broken(w, "%s", e->text);
    return r;
}

struct booted *posture_ready(struct world *w, const struct change *changes)
{
    struct booted *b;
    struct error e = { 0 };
    enum boot_result r = boot(w, changes, &b, &e);
    expect(w, r == BOOT_READY, "the target did not boot: %s",
           r == BOOT_REFUSED ? text_trim(w->arena, boot_log(w->arena, b)) : e.text);
    return b;
}

/* Lines that are not the log's own ("time=… level=…"): what the boot says to a person. */
static size_t plain_lines(struct world *w, const char *log, const char *variable, bool *named)
{
    size_t n, plain = 0;
    char **lines = text_split(w->arena, log, '\n', &n);
    *named = false;
    for (size_t i = 0; i < n; i++) {
        if (text_blank(lines[i]) || text_contains(lines[i], "level="))
            continue;
        plain++;
        *named = *named || text_contains(lines[i], variable);
    }
    return plain;
}

void posture_refused(struct world *w, const struct change *changes, const char *variable,
                     const char *value)
{
    struct booted *b;
    struct error e = { 0 };
    bool named;
    enum boot_result r = boot(w, changes, &b, &e);
    expect(w, r != BOOT_READY, "the target booted; expected a refusal that names %s", variable);
    expect(w, r == BOOT_REFUSED && b->code != 0, "no clean refusal: %s",
           r == BOOT_REFUSED ? "exit status 0" : e.text);
    const char *log = boot_log(w->arena, b);
    size_t lines = plain_lines(w, log, variable, &named);
    expect(w, named, "the refusal does not name %s: %s", variable, text_trim(w->arena, log));
    expect(w, lines == 1, "the refusal is %zu lines, expected one: %s", lines,
           text_trim(w->arena, log));
    expect(w, text_blank(value) || strlen(value) < 4 || !text_contains(log, value),
           "the refusal prints the value of %s", variable);
}

struct exchange *posture_ask(struct world *w, const struct booted *b,
                             const struct contract_operation *op)
{
    return exchange_new(w, op->method, path_to_nothing(w, op),
                        (struct ask){ .base_url = b ? b->base_url : NULL });
}
