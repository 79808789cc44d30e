/* suites/chaos/target.c — starting, killing and starting again. */
#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/random.h"
#include "common/text.h"
#include "harness/agent.h"
#include "harness/hooks.h"
#include "harness/profile.h"
#include "suites/chaos/chaos.h"
#include "suites/posture/posture.h"
#include "suites/registration/registration.h"

/* Below the kernel's own range: while the control plane is down nobody else is given its port. */
#define PORT_FIRST 20000
#define PORT_COUNT 12000

static bool port_is_free(unsigned port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static const char *choose_address(struct world *w)
{
    for (int tries = 0; tries < 100; tries++) {
        unsigned port = PORT_FIRST + (unsigned)random_below(PORT_COUNT);
        if (port_is_free(port))
            return path(w, "127.0.0.1:%u", port);
    }
    broken(w, "no free port on 127.0.0.1 between %d and %d", PORT_FIRST, PORT_FIRST + PORT_COUNT);
}

void control_plane_up(struct chaos *c)
{
    if (c->address == NULL)
        c->address = choose_address(c->w);
    c->cp = posture_ready(c->w, (struct change[]){ { "PLEXSPHERE_LISTEN", c->address }, { 0 } });
    expect(c->w, c->base_url == NULL || text_equal(c->base_url, c->cp->base_url),
           "it listens on %s, and listened on %s", c->cp->base_url, c->base_url);
    c->base_url = c->cp->base_url;
    c->cp_up = true;
}

void control_plane_killed(struct chaos *c)
{
    kill(-c->cp->process.pid, SIGKILL);
    boot_kill(c->cp); /* reaps it */
    c->cp_up = false;
    c->cp_kills++;
    nothing_leaks(c);
}

void agent_up(struct chaos *c)
{
    agent_start(c->a);
    agent_ready(c->a);
    c->agent_up = true;
    cache_is_readable(c);
}

void agent_killed(struct chaos *c)
{
    agent_kill(c->a);
    c->agent_up = false;
    c->agent_kills++;
    nothing_leaks(c);
}

/* The profile's command knows the control socket of the run's main target (docs/profile.md: its
 * BOOT_DIR is ${RUN_DIR}/target); ours is in the folder of our boot. */
static char **argv_here(struct chaos *c, struct arena *a, char *const *argv)
{
    const char *main_target = arena_printf(a, "%s/target", c->w->profile->scratch);
    size_t n = 0, len = strlen(main_target);
    while (argv[n] != NULL)
        n++;
    char **out = arena_alloc_array(a, n + 1, sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = text_starts(argv[i], main_target)
                     ? arena_printf(a, "%s%s", c->cp->directory, argv[i] + len)
                     : arena_strdup(a, argv[i]);
    return out;
}

bool given_here(struct chaos *c, struct arena *a, const char *name, json_t *input)
{
    struct error e = { "" };
    json_t *answer, *question = json_own(a, input);
    const struct profile *p = c->w->profile;
    const struct hook *hook = profile_given(p, name);
    if (hook == NULL)
        return false;
    struct hook here = *hook;
    here.argv = argv_here(c, a, hook->argv);
    if (hook == &p->given_any)
        question = json_own(a, json_pack("{s:s, s:O}", "name", name, "input", question));
    return hook_run(a, p, &here, name, question, &answer, &e);
}

const struct plan *chaos_round(struct chaos *c, int round)
{
    struct world *w = c->w;
    struct plan *p = arena_alloc(w->arena, sizeof *p);
    *p = plan_mixed(plan_seed(w->seed, w->row->id, round));
    w->during = path(w, "round %d: %s", round, plan_text(w->arena, p));
    return p;
}

int chaos_rounds(const struct world *w, int few)
{
    return w->rounds > 0 ? w->rounds : few;
}

static void need_hooks(struct world *w)
{
    static const char *const names[] = { "node_metadata", "node_data", "node_secret" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (profile_given(w->profile, names[i]) == NULL)
            unsupported(w, "the profile has no given hook %s", names[i]);
}

static void join(struct chaos *c)
{
    struct world *w = c->w;
    c->a = agent_run(w, (struct agent_options){ .dialect = c->mvp ? AGENT_MVP : AGENT_V1,
                                                .url = c->base_url,
                                                .project_id = c->project,
                                                .hostname = resource_in(w, c->project, "vm"),
                                                .token = token_in(w, c->project, "node"),
                                                .debounce_ms = 10,
                                                .heartbeat_ms = 1000 });
    c->agent_up = true;
    json_t *identity;
    struct error e = { "" };
    expect(w, agent_file_appears(c->a, "identity.json"), "it does not register; it said: %s",
           agent_log(c->a));
    const char *text = agent_read_file(c->a, "identity.json");
    expect(w, json_parse(w->arena, text, strlen(text), &identity, &e), "identity.json: %s", e.text);
    expect(w, agent_file_appears(c->a, "node_secret_key"), "it has no key");
    c->node_id = json_text(identity, "node_id");
    c->nsk = text_trim(w->arena, agent_read_file(c->a, "node_secret_key"));
    expect(w, !text_blank(c->node_id) && !text_blank(c->nsk), "it has no identity");
}

struct chaos *chaos_begin(struct world *w, bool mvp)
{
    struct chaos *c = arena_alloc(w->arena, sizeof *c);
    unsigned char raw[12];
    need_hooks(w);
    random_bytes(raw, sizeof raw);
    const json_t *domain = world_new_domain(w);
    *c = (struct chaos){ .w = w, .mvp = mvp, .domain = json_text(domain, "id") };
    c->marker = path(w, "plaintext-%s", hex_encode(w->arena, raw, sizeof raw));
    c->project = own_project_in(w, c->domain);
    for (int i = 0; i < REPORTS_MAX; i++)
        doubt_settled(&c->reports[i], NULL);
    for (int i = 0; i < PLAN_SECRETS; i++)
        doubt_settled(&c->secrets[i], NULL);
    c->n_reports = PLAN_REPORTS;
    control_plane_up(c);
    join(c);
    chaos_settles(c);
    return c;
}
