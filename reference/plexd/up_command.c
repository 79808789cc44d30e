/* plexd up — the agent's life: settings, registration, the parts, and their end in reverse. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/text.h"
#include "reference/plexd/cache.h"
#include "reference/plexd/commands.h"
#include "reference/plexd/dev_control.h"
#include "reference/plexd/disk.h"
#include "reference/plexd/follow.h"
#include "reference/plexd/heartbeat.h"
#include "reference/plexd/node_api.h"
#include "reference/plexd/privileges.h"
#include "reference/plexd/reconcile.h"
#include "reference/plexd/registration.h"
#include "reference/plexd/reports.h"
#include "reference/plexd/rotation.h"
#include "reference/plexd/verify.h"

#define DRAIN_SECONDS 30

struct agent {
    struct arena *arena;
    const struct plexd_config *config;
    const struct environment *env;
    const struct wire *wire;
    struct identity identity;
    bool stopped; /* by a signal */

    struct loop *loop;
    struct watch signals;
    struct http *http;
    struct disk *disk;
    struct cache *cache;
    struct reports *reports;
    struct node_api *node_api;
    struct verifier *verifier;
    struct rotation *rotation;
    struct reconcile *reconcile;
    struct follow *follow;
    struct heartbeat *heartbeat;
    struct dev_control *dev_control;
};

/* ---- signals ---- */

#ifdef PLEXCONF_COVERAGE
void __gcov_dump(void);
#endif

static void drain_is_over(int signal)
{
    (void)signal;
    static const char line[] = "level=WARN msg=\"drain timeout exceeded, forcing exit\"\n";
    ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
    (void)ignored;
#ifdef PLEXCONF_COVERAGE
    __gcov_dump();
#endif
    _exit(COMMAND_DONE);
}

/* A second signal is not asked twice: it ends the process as it would any other. */
static void signalled(void *self, uint32_t events)
{
    (void)events;
    struct agent *g = self;
    struct signalfd_siginfo info;
    sigset_t both;
    if (read(g->signals.fd, &info, sizeof info) != sizeof info)
        return;
    log_line(LOG_INFO, "shutting down", "reason", info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT",
             NULL);
    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGINT);
    sigprocmask(SIG_UNBLOCK, &both, NULL);
    signal(SIGALRM, drain_is_over);
    alarm(DRAIN_SECONDS);
    g->stopped = true;
    loop_stop(g->loop);
}

/* Before any thread is there, so that all of them leave signals to the descriptor. */
static bool watch_signals(struct agent *g, struct error *e)
{
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGINT);
    sigprocmask(SIG_BLOCK, &both, NULL);
    g->signals = (struct watch){ .fd = signalfd(-1, &both, SFD_CLOEXEC | SFD_NONBLOCK),
                                 .ready = signalled,
                                 .self = g };
    if (g->signals.fd < 0)
        return error_errno(e, errno, "signals");
    return loop_watch(g->loop, &g->signals, EPOLLIN, e);
}

/* ---- what the parts tell each other ---- */

static void look_again(void *self)
{
    struct agent *g = self;
    reconcile_now(g->reconcile);
}

static void rotate_keys(void *self)
{
    struct agent *g = self;
    rotation_now(g->rotation);
    reconcile_now(g->reconcile);
}

static void stream_event(void *self, const struct envelope *ev)
{
    struct agent *g = self;
    if (text_equal(ev->type, "rotate_keys"))
        rotate_keys(g);
    else
        reconcile_event(g->reconcile, ev);
}

static void stream_refused(void *self, int status)
{
    (void)self, (void)status;
    log_line(LOG_ERROR, "the event stream is refused; heartbeats and reconciliation go on", NULL);
}

/* The signing key goes to the disk on the disk's thread, as a copy. */
struct keep_key {
    struct disk_job job;
    struct arena *arena;
    const char *data_dir;
    struct identity identity;
};

static void save_key(struct disk_job *job)
{
    struct keep_key *k = (struct keep_key *)job;
    struct error e;
    if (!identity_save_signing_key(k->arena, k->data_dir, &k->identity, &e))
        log_line(LOG_ERROR, "persist write failed", "component", "identity", "error", e.text, NULL);
}

static void key_saved(struct disk_job *job)
{
    struct keep_key *k = (struct keep_key *)job;
    arena_destroy(k->arena);
    mem_free(k);
}

static void keep_signing_key(void *self)
{
    struct agent *g = self;
    const char *id;
    memcpy(g->identity.signing_public_key, verifier_current(g->verifier, &id), 32);
    g->identity.signing_key_id = arena_strdup(g->arena, id);
    struct keep_key *k = mem_alloc(sizeof *k);
    *k = (struct keep_key){ .job = { .work = save_key, .done = key_saved },
                            .arena = arena_create(),
                            .data_dir = g->config->data_dir };
    k->identity = (struct identity){
        .node_id = arena_strdup(k->arena, g->identity.node_id),
        .mesh_ip = arena_strdup(k->arena, g->identity.mesh_ip),
        .signing_key_id = arena_strdup(k->arena, id),
        .dialect = arena_strdup(k->arena, g->identity.dialect),
    };
    memcpy(k->identity.signing_public_key, g->identity.signing_public_key, 32);
    disk_submit(g->disk, &k->job);
}

/* ---- the parts, in order ---- */

static bool open_storage(struct agent *g, struct error *e)
{
    struct reports_options reports = {
        .data_dir = g->config->data_dir,
        .node_id = g->identity.node_id,
        .wire = g->wire,
        .loop = g->loop,
        .http = g->http,
        .debounce = g->config->debounce,
    };
    if (!disk_create(g->loop, &g->disk, e))
        return false;
    reports.disk = g->disk;
    return cache_open(g->config->data_dir, g->disk, &g->cache, e) &&
           reports_open(&reports, &g->reports, e);
}

/* A Node whose local socket cannot be opened is still a Node: it is told and goes on. */
static void open_node_api(struct agent *g)
{
    struct error e;
    struct node_api_options o = {
        .config = g->config,
        .identity = &g->identity,
        .wire = g->wire,
        .loop = g->loop,
        .http = g->http,
        .cache = g->cache,
        .reports = g->reports,
    };
    if (!node_api_open(&o, &g->node_api, &e))
        log_line(LOG_ERROR, "node API server stopped", "error", e.text, NULL);
}

static void start_reconcile(struct agent *g)
{
    struct rotation_options rotation = { .data_dir = g->config->data_dir,
                                         .identity = &g->identity,
                                         .disk = g->disk,
                                         .http = g->http,
                                         .wire = g->wire };
    struct reconcile_options reconcile = { .loop = g->loop,
                                           .http = g->http,
                                           .wire = g->wire,
                                           .node_id = g->identity.node_id,
                                           .interval = g->config->reconcile_interval,
                                           .cache = g->cache,
                                           .verifier = g->verifier,
                                           .keys_changed = keep_signing_key,
                                           .self = g };
    g->rotation = rotation_start(&rotation);
    g->reconcile = reconcile_start(&reconcile);
}

static void start_follow(struct agent *g)
{
    struct follow_options o = { .loop = g->loop,
                                .http = g->http,
                                .wire = g->wire,
                                .node_id = g->identity.node_id,
                                .idle = g->config->sse_idle_timeout,
                                .verifier = g->verifier,
                                .event = stream_event,
                                .connected = look_again,
                                .poll = look_again,
                                .refused = stream_refused,
                                .self = g };
    g->follow = follow_start(&o);
}

static bool start_heartbeat(struct agent *g, struct error *e)
{
    struct heartbeat_options o = { .loop = g->loop,
                                   .http = g->http,
                                   .wire = g->wire,
                                   .node_id = g->identity.node_id,
                                   .version = PLEXD_VERSION,
                                   .interval = g->config->heartbeat_interval,
                                   .reconcile = look_again,
                                   .rotate = rotate_keys,
                                   .self = g };
    if (!heartbeat_own_checksum(o.binary_checksum, e))
        return false;
    g->heartbeat = heartbeat_start(&o);
    return true;
}

static bool open_dev_control(struct agent *g, struct error *e)
{
    struct dev_control_options o = { .loop = g->loop,
                                     .path = g->config->dev_control,
                                     .env = g->env,
                                     .reconcile = look_again,
                                     .self = g };
    return o.path == NULL || dev_control_open(&o, &g->dev_control, e);
}

/* A kernel or a container that does not let go of privileges is no reason to leave a Node alone. */
static void tell_privileges(const struct error *lacking)
{
    log_line(LOG_WARN, "this agent keeps more privileges than it needs", "error", lacking->text,
             NULL);
}

static bool start_parts(struct agent *g, struct error *e)
{
    http_set_bearer(g->http, g->identity.nsk);
    g->verifier = verifier_create(g->identity.signing_public_key, g->identity.signing_key_id);
    if (!open_storage(g, e))
        return false;
    open_node_api(g);
    start_reconcile(g);
    start_follow(g);
    if (!start_heartbeat(g, e) || !open_dev_control(g, e))
        return false;
    struct error lacking;
    if (!privileges_drop_late(g->disk, &lacking))
        tell_privileges(&lacking);
    return true;
}

static void stop_parts(struct agent *g)
{
    dev_control_close(g->dev_control);
    node_api_close(g->node_api);
    heartbeat_stop(g->heartbeat);
    follow_stop(g->follow);
    reconcile_stop(g->reconcile);
    rotation_stop(g->rotation);
    reports_close(g->reports);
    cache_close(g->cache);
    disk_destroy(g->disk);
    verifier_destroy(g->verifier);
    http_destroy(g->http);
    identity_wipe(&g->identity);
    if (g->signals.fd > 0) {
        loop_unwatch(g->loop, &g->signals);
        close(g->signals.fd);
    }
    loop_destroy(g->loop);
}

/* ---- the whole ---- */

static enum registered register_node(struct agent *g, struct error *e)
{
    struct registration_options o = { .loop = g->loop,
                                      .http = g->http,
                                      .wire = command_wire(g->config, ""),
                                      .config = g->config,
                                      .env = g->env };
    enum registered result = registration_run(g->arena, &o, &g->identity, e);
    if (result != REGISTERED)
        return result;
    g->wire = command_wire(g->config, g->identity.dialect);
    log_line(LOG_INFO, "registered", "node_id", g->identity.node_id, "mesh_ip", g->identity.mesh_ip,
             NULL);
    return result;
}

static bool run(struct agent *g, struct error *e)
{
    if ((g->config->dev_control != NULL && !dev_control_allowed(g->env, e)) ||
        !loop_create(&g->loop, e) || !watch_signals(g, e) ||
        !command_connect(g->loop, g->config, &g->http, e))
        return false;
    switch (register_node(g, e)) {
    case REGISTERED: break;
    case REGISTRATION_FAILED: return false;
    case REGISTRATION_STOPPED: return true;
    }
    if (!start_parts(g, e))
        return false;
    loop_run(g->loop);
    return true;
}

static int up(struct arena *a, const struct plexd_config *config, const struct environment *env)
{
    struct agent g = { .arena = a, .config = config, .env = env };
    struct error e;
    log_line(LOG_INFO, "starting plexd", "version", PLEXD_VERSION, "mode", config->mode, NULL);
    if (!privileges_drop_early(&e))
        tell_privileges(&e);
    bool ok = run(&g, &e);
    stop_parts(&g);
    if (!ok) {
        log_line(LOG_ERROR, "plexd ends", "error", e.text, NULL);
        return COMMAND_FAILED;
    }
    log_line(LOG_INFO, "plexd stopped", NULL);
    return COMMAND_DONE;
}

int command_up(struct environment env, int argc, char **argv)
{
    struct plexd_flags flags = { 0 };
    const struct option_row rows[] = {
        FLAG_ROWS(flags),
        { "dev-control", 0, OPTION_TEXT, &flags.dev_control, "PATH",
          "open a socket there that moves the agent's clock: for tests only, refused under a "
          "system unit",
          0, 0 },
        { .name = NULL },
    };
    const struct option_table table = {
        .program = "plexd up",
        .synopsis = "[options]",
        .summary = "Runs the agent until SIGTERM or SIGINT: registers if it has no identity yet, "
                   "sends heartbeats, follows the signed event stream, reconciles, and serves the "
                   "Local Node API.",
        .rows = rows,
        .footer = "A bootstrap token is needed once; its file is removed after use.\n"
                  "\n"
                  "  plexd up --api https://plexsphere.example --token-file ./token\n"
                  "\n"
                  "Exit codes: 0 stopped by a signal, 1 the registration was refused or a part\n"
                  "could not start, 2 usage or settings.\n",
    };
    struct arena *a = arena_create();
    struct plexd_config config;
    int status = command_begin(a, &table, argc, argv, &flags, &env, &config, true);
    if (status < 0)
        status = up(a, &config, &env);
    arena_destroy(a);
    return status;
}
