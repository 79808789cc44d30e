/* suites/posture/process.c — what a booted process gives away to its own machine. */
#include <string.h>
#include <sys/resource.h>

#include "common/file.h"
#include "common/text.h"
#include "suites/posture/posture.h"

#define SUITE "secrets"

/* What the kernel says of the process that the boot hook started. */
static const char *limit_line(struct world *w, const struct booted *b, const char *name)
{
    struct bytes text;
    struct error e = { "" };
    const char *file = path(w, "/proc/%d/limits", (int)b->process.pid);
    if (!file_read(w->arena, file, 65536, &text, &e))
        broken(w, "%s", e.text);
    const char *at = strstr((const char *)text.data, name);
    return at == NULL ? "" : arena_strndup(w->arena, at, strcspn(at, "\n"));
}

CASE("SEC-030", .clauses = { "SEC-030" },
     .needs = { "node-secrets", "posture", "registration", "resources", "rulings" },
     .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 60000,
     .title = "a server that holds secrets writes no core dump, whatever its limits were")
{
    static const char name[] = "Max core file size";
    struct rlimit before, open;
    if (getrlimit(RLIMIT_CORE, &before) != 0 || before.rlim_max == 0)
        unsupported(w, "nothing may write a core dump here");
    open = (struct rlimit){ before.rlim_max, before.rlim_max };
    (void)setrlimit(RLIMIT_CORE, &open); /* which a child is given, too */
    struct booted *b = posture_ready(w, NULL);
    (void)setrlimit(RLIMIT_CORE, &before);
    const char *line = limit_line(w, b, name), *soft = line + strlen(name);
    expect(w, text_starts(line, name) && text_starts(soft + strspn(soft, " "), "0 "),
           "the kernel says \"%s\"", line);
}
