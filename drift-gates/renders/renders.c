/* The gate renders: a committed render is what its overlay gives, and its objects fit their
 * schemas. It asks kustomize (or a kubectl that embeds it) and kubeconform; without them it says so
 * in a count of its own. Neither is let onto the network. */
#include "drift-gates/renders/renders.h"

#include <openssl/evp.h>

#include "common/encoding.h"
#include "common/environment.h"
#include "common/file.h"
#include "common/json.h"
#include "common/process.h"
#include "common/text.h"
#include "drift-gates/renders/difference.h"
#include "drift-gates/findings.h"
#include "drift-gates/manifest.h"

#define OUTPUT_CAP ((size_t)64 << 20)
#define REMEMBERED_CAP ((size_t)128 << 20) /* a larger tree is rendered each time */
#define NOWHERE "http://127.0.0.1:9"
enum { LEAST_MAJOR = 5, ASK_MS = 10000, RENDER_MS = 120000 };

static const struct gate_rule rules[] = {
    { "REN-01", "a committed render is what its overlay gives",
      "gates judge renders: a stale one is judged instead of what would be applied",
      "render again and commit", "SPEC GPIN-015" },
    { "REN-02", "each object of a render fits its schema",
      "the API server refuses it, or drops what is misspelt", "correct the object",
      "SPEC GPIN-016" },
};

static const char *own_kustomize, *own_kubeconform, *memory;

void renders_remember(const char *folder)
{
    memory = folder;
}

void renders_use(const char *kustomize, const char *kubeconform)
{
    own_kustomize = kustomize;
    own_kubeconform = kubeconform;
}

/* A remote base would be judged by what a network answers today: none is fetched. */
static char *const *quiet_environment(struct arena *a)
{
    struct environment process = environment_of_process();
    const char *path = environment_get(&process, "PATH"), *home = environment_get(&process, "HOME");
    char **env = arena_alloc_array(a, 8, sizeof(*env));
    env[0] = arena_printf(a, "PATH=%s", path == NULL ? "/usr/bin:/bin" : path);
    env[1] = arena_printf(a, "HOME=%s", home == NULL ? "/" : home);
    env[2] = "HTTP_PROXY=" NOWHERE;
    env[3] = "HTTPS_PROXY=" NOWHERE;
    env[4] = "GIT_ALLOW_PROTOCOL=none";
    env[5] = "GIT_TERMINAL_PROMPT=0";
    return env;
}

/* Inside the tree (NULL: where we are). False when the program is not there, or did not end well.
 */
static bool ask(struct arena *a, char *const *argv, const char *root, struct bytes input,
                int timeout_ms, struct process_result *out)
{
    struct process_options o = { .argv = argv, .env = quiet_environment(a), .cwd = root };
    struct error e;
    return process_run(a, &o, input, OUTPUT_CAP, timeout_ms, out, &e) && out->end == PROCESS_EXITED;
}

/* ---- kustomize ---- */

/* "v5.4.2", or "Kustomize Version: v5.5.0" among other lines. */
static bool is_new_enough(const char *text)
{
    for (const char *v = strchr(text, 'v'); v != NULL; v = strchr(v + 1, 'v')) {
        size_t digits = strspn(v + 1, "0123456789");
        if (digits > 0 && v[1 + digits] == '.')
            return digits > 1 || v[1] - '0' >= LEAST_MAJOR;
    }
    return false;
}

/* What renders: the words before the folder, "kustomize build" or "kubectl kustomize". */
struct renderer {
    char *words[2];
    const char *version; /* all that it says of itself */
};

/* False: neither is there. */
static bool find_kustomize(struct arena *a, struct renderer *out)
{
    struct process_result r;
    char *program = own_kustomize != NULL ? (char *)(uintptr_t)own_kustomize : "kustomize";
    char *const first[] = { program, "version", NULL };
    char *const second[] = { "kubectl", "version", "--client", NULL };
    if (ask(a, first, NULL, BYTES_OF_TEXT(""), ASK_MS, &r) && r.code == 0 &&
        is_new_enough((const char *)r.out.data)) {
        *out = (struct renderer){ { program, "build" }, (const char *)r.out.data };
        return true;
    }
    if (own_kustomize != NULL || !ask(a, second, NULL, BYTES_OF_TEXT(""), ASK_MS, &r) ||
        r.code != 0)
        return false;
    const char *version = strstr((const char *)r.out.data, "Kustomize Version");
    *out = (struct renderer){ { "kubectl", "kustomize" }, (const char *)r.out.data };
    return version != NULL && is_new_enough(version);
}

static const char *last_line(struct arena *a, struct bytes text)
{
    const char *trimmed = text_trim(a, (const char *)text.data);
    const char *newline = strrchr(trimmed, '\n');
    return newline == NULL ? trimmed : newline + 1;
}

static void compare(struct gate_run *g, const struct render *committed, const struct render *fresh,
                    const char *overlay)
{
    for (size_t i = 0; i < committed->n; i++) {
        const struct object *o = &committed->objects[i];
        const struct object *f = render_find(fresh, o->kind, o->namespace, o->name);
        const char *at = f == NULL ? NULL : json_difference(g->arena, o->value, f->value, NULL);
        if (f == NULL)
            finding(g, "REN-01", object_place(g, o, NULL, NULL, "%s", ""), "is not in %s", overlay);
        else if (at != NULL)
            finding(g, "REN-01", object_place(g, o, NULL, NULL, "%s", at), "differs from %s in %s",
                    overlay, at);
    }
    for (size_t i = 0; i < fresh->n; i++) {
        const struct object *f = &fresh->objects[i];
        if (render_find(committed, f->kind, f->namespace, f->name) == NULL)
            finding(g, "REN-01",
                    (struct place){ .file = committed->file, .environment = committed->name },
                    "%s %s of %s is not in it", f->kind, f->name, overlay);
    }
    gate_compared(g, fresh->n, "objects rendered again");
}

static bool render_again(struct gate_run *g, const struct render_source *from,
                         const struct renderer *by, struct error *e)
{
    struct arena *a = g->arena;
    const struct render *committed, *fresh;
    struct process_result r;
    char *const argv[] = { by->words[0], by->words[1], (char *)(uintptr_t)from->overlay, NULL };
    if (!render_open(g, from, &committed, e))
        return false;
    if (!ask(a, argv, g->tree->root, BYTES_OF_TEXT(""), RENDER_MS, &r) || r.code != 0) {
        finding(g, "REN-01", (struct place){ .file = from->file, .environment = from->name },
                "%s cannot be rendered: %s", from->overlay, last_line(a, r.err));
        return true;
    }
    struct render_source *again = arena_alloc(a, sizeof(*again));
    *again = (struct render_source){ .name = from->name, .file = "-", .text = r.out };
    if (!render_open(g, again, &fresh, e))
        return error_prefix(e, "%s", from->overlay);
    compare(g, committed, fresh, from->overlay);
    return true;
}

/* ---- what is remembered ---- */

static void add_text(EVP_MD_CTX *digest, const char *text)
{
    EVP_DigestUpdate(digest, text, strlen(text) + 1);
}

/* The digest of every file of the tree, by name and content; false: a file cannot be read. */
static bool add_tree(EVP_MD_CTX *digest, const struct tree *t)
{
    size_t total = 0;
    for (size_t i = 0; i < t->n; i++)
        total += t->files[i].size;
    for (size_t i = 0; i < t->n && total <= REMEMBERED_CAP; i++) {
        struct bytes text;
        struct error e;
        if (!tree_map(t, &t->files[i], &text, &e))
            return false;
        add_text(digest, t->files[i].path);
        add_text(digest, hex_encode(t->arena, &text.len, sizeof(text.len)));
        EVP_DigestUpdate(digest, text.data, text.len);
        tree_unmap(text);
    }
    return total <= REMEMBERED_CAP;
}

/* The file that says that all renders equalled their overlays, or NULL: nothing is remembered. */
static const char *remembered_as(struct gate_run *g, const struct renderer *by)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    EVP_MD_CTX *digest = memory == NULL ? NULL : EVP_MD_CTX_new();
    bool ok = digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1;
    if (ok) {
        add_text(digest, by->version);
        for (size_t i = 0; i < g->settings->n_renders; i++) {
            const struct render_source *r = &g->settings->renders[i];
            add_text(digest, r->file);
            add_text(digest, r->overlay == NULL ? "" : r->overlay);
        }
        ok = add_tree(digest, g->tree) && EVP_DigestFinal_ex(digest, sum, &n) == 1;
    }
    EVP_MD_CTX_free(digest);
    return ok ? path_join(g->arena, memory,
                          arena_printf(g->arena, "renders-%s", hex_encode(g->arena, sum, n)))
              : NULL;
}

static void remember(const char *as)
{
    struct error e; /* a memory that cannot be kept costs time and nothing else */
    bool kept =
        as != NULL && directory_make(memory, 0700, &e) && file_write_atomic(as, "", 0, 0600, &e);
    (void)kept;
}

/* Those that name an overlay. What came over standard input is no file of the tree. */
static size_t count_overlaid(const struct gate_run *g)
{
    size_t n = 0;
    for (size_t i = 0; i < g->settings->n_renders; i++)
        n += g->settings->renders[i].overlay != NULL;
    return n;
}

static bool render_all(struct gate_run *g, const struct renderer *by, struct error *e)
{
    const char *as = remembered_as(g, by);
    size_t before = g->findings->n;
    if (as != NULL && path_exists(as)) {
        gate_compared(g, count_overlaid(g), "renders that are as when they were rendered again");
        return true;
    }
    for (size_t i = 0; i < g->settings->n_renders; i++) {
        const struct render_source *from = &g->settings->renders[i];
        if (from->overlay != NULL && !render_again(g, from, by, e))
            return false;
    }
    if (g->findings->n == before)
        remember(as);
    return true;
}

static bool check_freshness(struct gate_run *g, struct error *e)
{
    struct renderer by = { .version = "" };
    bool found = count_overlaid(g) > 0 && find_kustomize(g->arena, &by);
    for (size_t i = 0; i < g->settings->n_renders; i++) {
        const struct render_source *from = &g->settings->renders[i];
        if (from->overlay == NULL || !found)
            gate_unlooked(g, arena_printf(g->arena, "not re-rendered: %s", from->name),
                          from->overlay == NULL
                              ? "no overlay is named for it"
                              : "no kustomize of version 5, alone or inside kubectl");
    }
    return !found || render_all(g, &by, e);
}

/* ---- kubeconform ---- */

struct schema_count {
    size_t valid, skipped;
};

/* "/spec: additional properties x not allowed"; kubeconform's own line names the schema's file. */
static const char *schema_fault(struct arena *a, const json_t *row, const char *kind)
{
    const json_t *first = json_array_get(json_object_get(row, "validationErrors"), 0);
    const char *path = json_text(first, "path"), *message = json_text(first, "msg");
    if (text_equal(kind, "Secret")) /* the line may quote a value */
        return "does not fit its schema";
    if (first == NULL || message == NULL)
        message = json_text(row, "msg");
    return arena_printf(a, "does not fit its schema: %s%s%s", path == NULL ? "" : path,
                        text_blank(path) ? "" : ": ", message == NULL ? "" : message);
}

static void take_result(struct gate_run *g, const struct render *r, const json_t *row,
                        struct schema_count *n)
{
    const char *status = json_text(row, "status");
    const char *kind = json_text(row, "kind"), *name = json_text(row, "name");
    const struct object *o = render_find(r, kind, NULL, name);
    struct place where = { .file = r->file, .environment = r->name };
    if (text_equal(status, "statusSkipped")) {
        n->skipped++;
        return;
    }
    n->valid++;
    if (text_equal(status, "statusValid") || text_equal(status, "statusEmpty"))
        return;
    if (o != NULL)
        where = object_place(g, o, NULL, NULL, "%s", "");
    finding(g, "REN-02", where, "%s", schema_fault(g->arena, row, kind));
}

static bool check_schema(struct gate_run *g, const struct render_source *from, char *const *argv,
                         struct error *e)
{
    const struct render *r;
    struct process_result result;
    struct schema_count n = { 0 };
    json_t *root, *row;
    size_t i;
    if (!render_open(g, from, &r, e))
        return false;
    if (!ask(g->arena, argv, g->tree->root, r->text, RENDER_MS, &result)) {
        gate_unlooked(g, arena_printf(g->arena, "schemas of %s", r->name),
                      "there is no kubeconform");
        return true;
    }
    if (!json_parse(g->arena, result.out.data, result.out.len, &root, e))
        return error_prefix(e, "kubeconform, %s: %s", r->file, last_line(g->arena, result.err));
    json_array_foreach (json_object_get(root, "resources"), i, row)
        take_result(g, r, row, &n);
    gate_compared(g, n.valid, "objects with their schemas");
    if (n.skipped > 0)
        gate_unlooked(g, arena_printf(g->arena, "%zu objects of %s", n.skipped, r->name),
                      "no schema of theirs is there");
    return true;
}

static bool check_schemas(struct gate_run *g, const json_t *locations, struct error *e)
{
    size_t n = json_array_size(locations), i;
    char **argv = arena_alloc_array(g->arena, 2 * n + 8, sizeof(*argv));
    const json_t *location;
    size_t k = 0;
    if (n == 0) {
        gate_unlooked(g, "schemas", "gates.renders.schemas names no place of schemas");
        return true;
    }
    argv[k++] = own_kubeconform != NULL ? (char *)(uintptr_t)own_kubeconform : "kubeconform";
    argv[k++] = "-strict";
    argv[k++] = "-verbose";
    argv[k++] = "-ignore-missing-schemas";
    argv[k++] = "-output";
    argv[k++] = "json";
    json_array_foreach ((json_t *)locations, i, location) {
        argv[k++] = "-schema-location";
        argv[k++] = (char *)(uintptr_t)json_string_value(location);
    }
    for (i = 0; i < g->settings->n_renders; i++) {
        if (!check_schema(g, &g->settings->renders[i], argv, e))
            return false;
    }
    return true;
}

static bool run(struct gate_run *g, struct error *e)
{
    static const char *const known[] = { "schemas", NULL };
    const json_t *own;
    return settings_of_gate_known(g->settings, g->gate->name, known, &own, e) &&
           check_freshness(g, e) && check_schemas(g, json_object_get(own, "schemas"), e);
}

const struct gate gate_renders = {
    .name = "renders",
    .says = "committed renders are what their overlays give, and fit their schemas",
    .rules = rules,
    .n_rules = ARRAY_LEN(rules),
    .run = run,
};
