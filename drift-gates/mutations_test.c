/* Breaks this repository's own renders, sources and contract at random, one line at a time: each
 * mutation that breaks a rule must be found by that rule, and one that breaks none by nobody.
 *
 * A mutation is a row of a table: in which file, on which lines, what is done to one of them, and
 * which rule must see it ("" when none may). A table belongs to a field: some gates, and what they
 * read. A failure prints the seed; PLEXCONF_MUTATIONS_SEED=N runs that one again. */
#include "common/testing.h"

#include <stdio.h>

#include "common/buffer.h"
#include "common/encoding.h"
#include "common/environment.h"
#include "common/file.h"
#include "common/number.h"
#include "common/process.h"
#include "common/random.h"
#include "common/text.h"
#include "drift-gates/findings.h"

#define FILE_CAP ((size_t)4 << 20)
enum { ROUNDS = 2, LINES_MOST = 20000 };

#define DEV "kind/rendered/dev.yaml"
#define OFFLINE "kind/rendered/offline.yaml"
#define PROD "kind/rendered/prod-reference.yaml"
#define SOURCES "reference/plexsphere/*/config.c"
#define CATALOGUE "conformance/contract/env-contract.json"

/* A copy of the tree that mutations are made in. */
struct scene {
    struct arena *a; /* of one round */
    struct prng random;
    const char *root;
    const char *file; /* the one that is changed now */
    char **lines;
    size_t n;
    const char *said; /* what was done */
};

struct mutation {
    const char *name, *file;
    const char *line;      /* pattern of the lines that it may be done to */
    const char *of;        /* names of the objects they stand in, between blanks; NULL: any */
    const char *from, *to; /* replaced on the line; `to` NULL: the line goes */
    void (*edit)(struct scene *s, size_t at); /* instead of from and to */
    const char *rule;                         /* that must find it; "": none may */
};

struct field {
    const char *const *judged; /* gates, ends with NULL */
    const char *const *copied; /* patterns of what they read, ends with NULL */
    const struct mutation *mutations;
    size_t n;
};

/* ---- edits ---- */

static void insert_line(struct scene *s, size_t at, const char *line)
{
    memmove(s->lines + at + 1, s->lines + at, (s->n - at) * sizeof(*s->lines));
    s->lines[at] = arena_strdup(s->a, line);
    s->n++;
}

static void drop_line(struct scene *s, size_t at)
{
    memmove(s->lines + at, s->lines + at + 1, (s->n - at - 1) * sizeof(*s->lines));
    s->n--;
}

static size_t find_line(const struct scene *s, const char *pattern)
{
    for (size_t i = 0; i < s->n; i++) {
        if (text_glob(pattern, s->lines[i]))
            return i;
    }
    ck_abort_msg("%s: no line is like %s", s->file, pattern);
}

static void replace(struct scene *s, size_t at, const char *from, const char *to)
{
    const char *line = s->lines[at], *found = strstr(line, from);
    ck_assert_msg(found != NULL, "%s: no '%s' in the line that was picked", s->file, from);
    s->lines[at] =
        arena_printf(s->a, "%.*s%s%s", (int)(found - line), line, to, found + strlen(from));
}

/* What stands behind "KEY: ". */
static void set_value(struct scene *s, size_t at, const char *value)
{
    const char *line = s->lines[at], *colon = strstr(line, ": ");
    ck_assert_ptr_nonnull(colon);
    s->lines[at] = arena_printf(s->a, "%.*s: %s", (int)(colon - line), line, value);
}

static void blank_value(struct scene *s, size_t at)
{
    set_value(s, at, "''");
}

static void move_to_config_map(struct scene *s, size_t at)
{
    char *line = s->lines[at];
    drop_line(s, at);
    insert_line(s, find_line(s, "  PLEXSPHERE_MODE: *"), line);
}

static void share_key(struct scene *s, size_t at)
{
    const char *value = strstr(s->lines[at], ": ") + 2;
    size_t other = find_line(s, "  PLEXSPHERE_AUDIT_CURSOR_HMAC_KEY: *");
    if (other == at)
        other = find_line(s, "  PLEXSPHERE_NODES_CURSOR_HMAC_KEY: *");
    set_value(s, other, value);
}

static void renumber_key(struct scene *s, size_t at)
{
    static const char key[] = "dec0de77dec0de77dec0de77dec0de77dec0de77dec0de77dec0de77dec0de77";
    set_value(s, at, key);
}

static void wire_unset(struct scene *s, size_t at)
{
    static const char *const unset[] = {
        "PLEXSPHERE_ACTIONS_TIMEOUT_TICK: 30s",
        "PLEXSPHERE_ACCESS_SWEEPER_TICK: 60s",
        "PLEXSPHERE_OBS_LOKI_QUERY_URL: http://loki:3100",
        "PLEXSPHERE_SPIFFE_BUNDLE_TTL: 15m",
        "PLEXSPHERE_AUDIT_ARCHIVE_BUCKET: archive",
    };
    size_t which = prng_next(&s->random) % ARRAY_LEN(unset);
    insert_line(s, at, arena_printf(s->a, "  %s", unset[which]));
}

static void add_stranger(struct scene *s, size_t at)
{
    insert_line(s, at, "  PLEXSPHERE_NODE_CURSOR_HMAC_KEY: x");
}

static void provide_twice(struct scene *s, size_t at)
{
    insert_line(s, at, "          value: platform-2");
    insert_line(s, at, "        - name: PLEXSPHERE_SIGNING_KEY_ID");
}

/* Another hex digit somewhere in the digest. */
static void turn_digest(struct scene *s, size_t at)
{
    char *digest = strstr(s->lines[at], "sha256:") + strlen("sha256:");
    char *digit = digest + prng_next(&s->random) % 64;
    *digit = *digit == '0' ? '1' : '0';
}

static void drop_digest(struct scene *s, size_t at)
{
    *strchr(s->lines[at], '@') = '\0';
}

static void drop_tag(struct scene *s, size_t at)
{
    *strrchr(s->lines[at], ':') = '\0';
}

static void compute_name(struct scene *s, size_t at)
{
    char *quote = strchr(s->lines[at], '"'), *end = strchr(quote + 1, '"');
    s->lines[at] =
        arena_printf(s->a, "%.*sname%s", (int)(quote - s->lines[at]), s->lines[at], end + 1);
}

static void remark(struct scene *s, size_t at)
{
    insert_line(s, at, "# PLEXSPHERE_REMARK: nothing reads a comment");
}

static void label(struct scene *s, size_t at)
{
    insert_line(s, at + 1, "    example.org/team: shop");
}

static void add_object(struct scene *s, size_t at)
{
    static const char *const object[] = { "---", "apiVersion: v1", "kind: ConfigMap",
                                          "metadata:", "  name: unrelated" };
    for (size_t i = 0; i < ARRAY_LEN(object); i++)
        insert_line(s, at + i, object[i]);
}

static void comment_in_source(struct scene *s, size_t at)
{
    insert_line(s, at, "/* getenv(\"PLEXSPHERE_REMARK\") was here once. */");
    insert_line(s, at, "static const char *const remark = \"PLEXSPHERE_REMARK\";");
}

static const struct mutation mutations[] = {
    /* drop */
    { "drop a variable", DEV, "  PLEXSPHERE_A*: *", "plexsphere-config", .rule = "ENVC-02" },
    { "drop one of a family", DEV, "  PLEXSPHERE_S3_*: *", "plexsphere-config", .rule = "ENVC-02" },
    { "drop a key", DEV, "  PLEXSPHERE_*_CURSOR_HMAC_KEY: *", .rule = "ENVC-02" },
    { "drop what the boot needs", DEV, "  PLEXSPHERE_PROVISIONING_*: *", .rule = "ENVC-12" },
    { "drop a variable of production", PROD, "  PLEXSPHERE_SESSION_*: *", "plexsphere-config",
      .rule = "ENVC-02" },
    { "drop an image's variable", DEV, "  POSTGRES_PASSWORD: *", .rule = "ENVC-11" },
    { "blank a value", DEV, "  PLEXSPHERE_A*: *", "plexsphere-config", .edit = blank_value,
      .rule = "ENVC-02" },
    /* rename, move, add */
    { "rename a variable", DEV, "  PLEXSPHERE_S*: *", .from = "SPHERE_S", .to = "SPHERE_Z",
      .rule = "ENVC-04" },
    { "move a secret into the ConfigMap", DEV, "  PLEXSPHERE_*_HMAC_KEY: *",
      .edit = move_to_config_map, .rule = "ENVC-06" },
    { "wire what dev leaves unset", DEV, "  PLEXSPHERE_MODE: *", .edit = wire_unset,
      .rule = "ENVC-05" },
    { "add a stranger", DEV, "  PLEXSPHERE_MODE: *", .edit = add_stranger, .rule = "ENVC-04" },
    { "provide a second value", DEV, "        - name: PLEXSPHERE_SIGNING_SEED_FILE",
      .edit = provide_twice, .rule = "ENVC-09" },
    { "refer to another key", DEV, "              key: *", .from = "key: ", .to = "key: X",
      .rule = "ENVC-11" },
    { "mount another Secret", DEV, "          secretName: plex*", "plexd plexd-node",
      .from = "secretName: ", .to = "secretName: x-", .rule = "ENVC-11" },
    /* values */
    { "change a stated value", DEV, "  PLEXSPHERE_S3_REGION: *", .from = ": ", .to = ": x",
      .rule = "ENVC-07" },
    { "shorten a key", DEV, "  PLEXSPHERE_*_HMAC_KEY: *", .from = "dec0de", .to = "",
      .rule = "ENVC-07" },
    { "share a key", DEV, "  PLEXSPHERE_*_HMAC_KEY: *", .edit = share_key, .rule = "ENVC-16" },
    { "break a duration", DEV, "  PLEXSPHERE_SESSION_*: *", .from = ": ", .to = ": x",
      .rule = "ENVC-08" },
    { "break a URL of production", PROD, "  PLEXSPHERE_PROVISIONING_*_URL: *", .from = "https://",
      .to = "", .rule = "ENVC-08" },
    { "name another file", DEV, "          value: /run/secrets/signer/seed", .from = "seed",
      .to = "sed", .rule = "ENVC-13" },
    { "change the seed", DEV, "  seed: *", .from = "seed-do", .to = "seed-DO", .rule = "ENVC-14" },
    { "change the public key", DEV, "  PLEXSPHERE_SIGNING_PUBLIC_KEY_B64: *", .from = "hny4",
      .to = "hny5", .rule = "ENVC-14" },
    { "change the wrap key", DEV, "  PLEXSPHERE_NSK_WRAP_KEY_B64: *", .from = "ZGV2", .to = "ZGV3",
      .rule = "ENVC-15" },
    { "change a fixture", "fixtures/dev/*", "*do-not-use*", .from = "do-not", .to = "do_not",
      .rule = "ENVC-15" },
    { "run dev in production mode", DEV, "  PLEXSPHERE_MODE: dev", .from = "dev",
      .to = "production", .rule = "ENVC-20" },
    { "run production in dev mode", PROD, "  PLEXSPHERE_MODE: production", .from = "production",
      .to = "dev", .rule = "ENVC-20" },
    /* sources and catalogue */
    { "read another name", SOURCES, "*_CURSOR_HMAC_KEY\",*", .from = "_HMAC_KEY", .to = "_HMAC",
      .rule = "ENVC-01" },
    { "read no longer", SOURCES, "*_CURSOR_HMAC_KEY\",*", .from = "_HMAC_KEY", .to = "_HMAC",
      .rule = "ENVC-03" },
    { "compute a name", SOURCES, "*\"PLEXSPHERE_*_HMAC_KEY\",*", .edit = compute_name,
      .rule = "ENVC-10" },
    { "read as another type", SOURCES, "*env_duration(a, env*", .from = "env_duration",
      .to = "env_flag", .rule = "ENVC-21" },
    { "call a key a URL", CATALOGUE, "   \"parse\": \"hex-key\",", .from = "hex-key", .to = "url",
      .rule = "ENVC-21" },
    { "flip a class", CATALOGUE, "   \"class\": \"required\",", .from = "required",
      .to = "optional", .rule = "ENVC-17" },
    { "rename a row", CATALOGUE, "   \"name\": \"PLEXSPHERE_A*\",", .from = "PLEXSPHERE_",
      .to = "PLEXSPHERE_X", .rule = "ENVC-01" },
    /* pins */
    { "turn a digest", DEV, "*image: *@sha256:*", .edit = turn_digest, .rule = "PIN-02" },
    { "turn a digest of production", PROD, "*image: *@sha256:*", .edit = turn_digest,
      .rule = "PIN-02" },
    { "drop a digest", DEV, "*image: *@sha256:*", .edit = drop_digest, .rule = "PIN-01" },
    { "drop a tag", DEV, "*image: plex*", .edit = drop_tag, .rule = "PIN-01" },
    { "another tag of ours", DEV, "*image: plexsphere:dev", "plexsphere", .from = ":dev",
      .to = ":prod", .rule = "PIN-02" },
    { "another kind", DEV, "kind: StatefulSet", .from = "StatefulSet", .to = "Deployment",
      .rule = "PIN-03" },
    { "more replicas", DEV, "  replicas: 1", .from = "1", .to = "2", .rule = "PIN-04" },
    { "another flag", DEV, "        - -*", "external-secrets mimir openbao nats seaweedfs loki",
      .from = "- -", .to = "- -x", .rule = "PIN-05" },
    { "drop a flag", DEV, "        - -*", "external-secrets mimir openbao nats seaweedfs loki",
      .rule = "PIN-05" },
    { "another port", DEV, "*containerPort: *", "postgres nats dex spicedb loki mimir openbao",
      .from = "Port: ", .to = "Port: 1", .rule = "PIN-06" },
    { "another port of a Service", DEV, "    port: *",
      "postgres nats dex spicedb loki mimir openbao", .from = "port: ", .to = "port: 1",
      .rule = "PIN-07" },
    { "data without its volume", DEV, "        name: data", "postgres nats loki mimir seaweedfs",
      .from = "data", .to = "date", .rule = "PIN-08" },
    { "another probe", DEV, "            path: /*z", "plexsphere", .from = "/", .to = "/x",
      .rule = "PIN-09" },
    { "no pause", DEV, "  minReadySeconds: 10", .rule = "PIN-10" },
    { "another version", "PLEXD_VERSION", "v*", .from = "v", .to = "v1", .rule = "PIN-11" },
    { "an agent of another version", PROD, "*image: *plexd:v*", .from = "plexd:v", .to = "plexd:v9",
      .rule = "PIN-11" },
    { "the broker's agent alone", DEV, "  *_PLEXD_IMAGE: *", .from = "plexd:v", .to = "plexd:v9",
      .rule = "PIN-11" },
    { "offline alone", OFFLINE, "  PLEXSPHERE_*: *", .rule = "PIN-12" },
    { "a registry offline", OFFLINE, "*image: plexconf/*", .from = "plexconf/", .to = "docker.io/",
      .rule = "PIN-13" },
    { "a lost dependency", PROD, "kind: StatefulSet", .from = "StatefulSet", .to = "CronJob",
      .rule = "PIN-14" },
    /* obligations */
    { "a key nobody syncs", PROD, "    secretKey: PLEXSPHERE_C*_CURSOR_HMAC_KEY",
      .from = "PLEXSPHERE_C", .to = "PLEXSPHERE_XC", .rule = "OBL-1" },
    { "the pepper's switch on", PROD, "  *_INSECURE_PEPPER: *", .from = "\"\"", .to = "\"true\"",
      .rule = "OBL-2" },
    { "the pepper's switch gone", PROD, "  *_INSECURE_PEPPER: *", .rule = "OBL-2" },
    { "a browser of dev", PROD, "          value: https://console.*", .from = "https://console.",
      .to = "http://localhost/", .rule = "OBL-3" },
    { "a fixture's release", PROD, "  PLEXSPHERE_ARTIFACTS_*: *", .from = "plexsphere.example",
      .to = "fixture", .rule = "OBL-4" },
    { "a staging authority", PROD, "  *_ACME_DIRECTORY_URL: *", .from = "acme-",
      .to = "acme-staging-", .rule = "OBL-5" },
    { "a callback into the cluster", PROD, "  PLEXSPHERE_AC*_CALLBACK_BASE_URL: *",
      .from = "api.plexsphere.example.com", .to = "plexsphere.default.svc", .rule = "OBL-6" },
    { "dev's bucket", PROD, "  *_OBJECT_STORE_BUCKET: *", .from = "example-", .to = "",
      .rule = "OBL-7" },
    { "a certificate from nowhere", PROD, "          value: /run/secrets/signer-client/*",
      .from = "/run/secrets", .to = "/tmp", .rule = "OBL-8" },
    { "unsigned session cursors", PROD, "    secretKey: PLEXSPHERE_ACCESS_CURSOR_HMAC_KEY",
      .from = "ACCESS", .to = "EXCESS", .rule = "OBL-9" },
    /* what breaks nothing */
    { "a comment", DEV, "---", .edit = remark, .rule = "" },
    { "a label", DEV, "  labels:", .edit = label, .rule = "" },
    { "another object", DEV, "---", .edit = add_object, .rule = "" },
    { "a duration that is free", DEV, "  PLEXSPHERE_SESSION_*: *", .from = "m", .to = "m1s",
      .rule = "" },
    { "a key of another number", DEV, "  PLEXSPHERE_*_CURSOR_HMAC_KEY: *", .edit = renumber_key,
      .rule = "" },
    { "quotes", DEV, "  PLEXSPHERE_S3_REGION: *", .from = "us-east-1", .to = "\"us-east-1\"",
      .rule = "" },
    { "another pace of a probe", DEV, "          periodSeconds: *", .from = ": ", .to = ": 1",
      .rule = "" },
    { "a variable of our own gone", DEV, "  PLEXSPHERE_EVENTS_NATS_URL: *", .rule = "" },
    { "another operator's host", PROD, "  PLEXSPHERE_*: *example.com*", .from = "example.com",
      .to = "example.net", .rule = "" },
    { "a comment in a source", SOURCES, "#include *", .edit = comment_in_source, .rule = "" },
    { "a note in the catalogue", CATALOGUE, "   \"boot_failure\": *", .from = "\": \"",
      .to = "\": \"as written: ", .rule = "" },
};

/* Of the sources only those that read the environment. */
static const struct field provision = {
    .judged = (const char *const[]){ "env-contract", "image-pins", "prod-obligations", NULL },
    .copied = (const char *const[]){ ".plexconf-gates.yaml", "PLEXD_VERSION", "fixtures/dev",
                                     "conformance/contract", "kind/rendered",
                                     "reference/plexsphere/*/config.c",
                                     "reference/plexsphere/boot.c", NULL },
    .mutations = mutations,
    .n = ARRAY_LEN(mutations),
};

/* ---- leaks and announcements ---- */

#define NSK_WRAP_KEY "fixtures/dev/nsk-wrap-key"

static struct bytes wrap_key(struct arena *a)
{
    struct bytes key;
    struct error e = { "" };
    ck_assert_msg(file_read(a, NSK_WRAP_KEY, FILE_CAP, &key, &e), "%s", e.text);
    return key;
}

static void leak(struct scene *s, size_t at, const char *value)
{
    insert_line(s, at, arena_printf(s->a, "  note: 'see %s there'", value));
}

static void leak_plain(struct scene *s, size_t at)
{
    leak(s, at, (const char *)wrap_key(s->a).data);
}

static void leak_base64(struct scene *s, size_t at)
{
    struct bytes key = wrap_key(s->a);
    static const enum base64_kind kinds[] = { BASE64_STANDARD, BASE64_STANDARD_RAW, BASE64_URL,
                                              BASE64_URL_RAW };
    /* In the middle of something else, so that any of the three alignments comes. */
    const char *before = "xyz" + prng_next(&s->random) % 4;
    const char *all = arena_printf(s->a, "%s%.*s", before, (int)key.len, (const char *)key.data);
    leak(s, at, base64_encode(s->a, kinds[prng_next(&s->random) % 4], all, strlen(all)));
}

static void leak_hex(struct scene *s, size_t at)
{
    struct bytes key = wrap_key(s->a);
    leak(s, at, hex_encode(s->a, key.data, key.len));
}

static void leak_percent(struct scene *s, size_t at)
{
    struct bytes key = wrap_key(s->a);
    char *out = arena_strdup(s->a, "");
    for (size_t i = 0; i < key.len; i++)
        out = arena_printf(s->a, "%s%%%02X", out, key.data[i]);
    leak(s, at, out);
}

static void leak_base64_of_hex(struct scene *s, size_t at)
{
    struct bytes key = wrap_key(s->a);
    const char *hex = hex_encode(s->a, key.data, key.len);
    leak(s, at, base64_encode(s->a, BASE64_STANDARD, hex, strlen(hex)));
}

static void leak_into_annotation(struct scene *s, size_t at)
{
    insert_line(s, at + 1,
                arena_printf(s->a, "    example.org/was: %.*s", (int)wrap_key(s->a).len,
                             (const char *)wrap_key(s->a).data));
    insert_line(s, at + 1, "  annotations:");
}

static void leave_a_key_of_its_own(struct scene *s, size_t at)
{
    unsigned char key[32];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (unsigned char)prng_next(&s->random);
    leak(s, at, base64_encode(s->a, BASE64_STANDARD, key, sizeof key));
}

static void drop_announcement(struct scene *s, size_t at)
{
    drop_line(s, at);
    insert_line(s, at, "        - version");
}

static void announce_in_production(struct scene *s, size_t at)
{
    insert_line(s, at + 1, "        args: [announce, nats]");
    insert_line(s, at + 1, "        image: plexconf-tools:dev");
    insert_line(s, at + 1, "      - name: dev-warning");
}

#define CONFIGURED "  PLEXSPHERE_MODE: production"

static const struct mutation leaks[] = {
    { "a key in plain", PROD, CONFIGURED, .edit = leak_plain, .rule = "LEAK-01" },
    { "a key in base64", PROD, CONFIGURED, .edit = leak_base64, .rule = "LEAK-01" },
    { "a key in hex", PROD, CONFIGURED, .edit = leak_hex, .rule = "LEAK-01" },
    { "a key, percent-encoded", PROD, CONFIGURED, .edit = leak_percent, .rule = "LEAK-01" },
    { "a key in base64 of hex", PROD, CONFIGURED, .edit = leak_base64_of_hex, .rule = "LEAK-01" },
    { "a key in an annotation", PROD, "metadata:", .edit = leak_into_annotation,
      .rule = "LEAK-01" },
    { "a marker", PROD, "  PLEXSPHERE_S3_REGION: *", .from = ": ", .to = ": dec0de",
      .rule = "LEAK-02" },
    { "no announcement", DEV, "        - announce", .edit = drop_announcement, .rule = "WARN-01" },
    { "another's announcement", DEV, "        - nats", .from = "nats", .to = "loki",
      .rule = "WARN-02" },
    { "an announcement in production", PROD,
      "      initContainers:", .edit = announce_in_production, .rule = "WARN-04" },
    { "a key of its own", PROD, CONFIGURED, .edit = leave_a_key_of_its_own, .rule = "" },
    { "a comment", PROD, "---", .edit = remark, .rule = "" },
    { "a label", DEV, "  labels:", .edit = label, .rule = "" },
    { "another duration", DEV, "  PLEXSPHERE_SESSION_*: *", .from = "m", .to = "m1s", .rule = "" },
};

static const struct field exposure = {
    .judged = (const char *const[]){ "insecure-default", "prod-leak", NULL },
    .copied = (const char *const[]){ ".plexconf-gates.yaml", "conformance/contract",
                                     "kind/rendered", "kind/base", "kind/components",
                                     "kind/overlays", "kind/images/plexconf-tools", NULL },
    .mutations = leaks,
    .n = ARRAY_LEN(leaks),
};

/* ---- the scene ---- */

static void must_run(struct arena *a, char *const *argv)
{
    struct process_options o = { .argv = argv };
    struct process_result r;
    struct error e = { "" };
    ck_assert_msg(process_run(a, &o, BYTES_OF_TEXT(""), FILE_CAP, 60000, &r, &e), "%s", e.text);
    ck_assert_msg(r.end == PROCESS_EXITED && r.code == 0, "%s", (const char *)r.err.data);
}

/* `cp --parents -R` of everything that is copied, through a shell for the patterns' sake. */
static char *make_scene(struct arena *a, const struct field *f)
{
    char *root;
    struct error e = { "" };
    ck_assert_msg(directory_make_temporary(a, "/tmp/plexconf-mutations", &root, &e), "%s", e.text);
    const char *command = "cp -R --parents";
    for (size_t i = 0; f->copied[i] != NULL; i++)
        command = arena_printf(a, "%s %s", command, f->copied[i]);
    char *const argv[] = { "sh", "-c", arena_printf(a, "%s \"$1\"", command), "sh", root, NULL };
    must_run(a, argv);
    return root;
}

static struct findings *judge(struct arena *a, const struct field *field, const char *root)
{
    struct error e = { "" };
    struct settings *s;
    struct tree *t;
    struct findings *f = findings_create(a);
    ck_assert_msg(settings_read(a, root, NULL, &s, &e), "%s", e.text);
    ck_assert_msg(tree_open(a, root, s->ignore, &t, &e), "%s", e.text);
    ck_assert_msg(settings_complete(s, t, &e), "%s", e.text);
    for (size_t i = 0; field->judged[i] != NULL; i++) {
        gate_execute(gate_named(field->judged[i]), t, s, f);
        ck_assert_msg(f->outcomes[i].state != GATE_BROKEN, "%s", f->outcomes[i].error);
        ck_assert_msg(f->outcomes[i].state != GATE_NOT_APPLICABLE, "%s compared nothing",
                      field->judged[i]);
    }
    return f;
}

static void open_file(struct scene *s, const char *file)
{
    struct bytes text;
    struct error e = { "" };
    size_t n;
    s->file = file;
    ck_assert_msg(file_read(s->a, path_join(s->a, s->root, file), FILE_CAP, &text, &e), "%s",
                  e.text);
    char **lines = text_split(s->a, (const char *)text.data, '\n', &n);
    ck_assert_uint_lt(n, LINES_MOST);
    s->lines = arena_alloc_array(s->a, n + 64, sizeof(*s->lines));
    memcpy(s->lines, lines, n * sizeof(*lines));
    s->n = n;
}

static void write_file(struct scene *s)
{
    struct buffer b;
    struct error e = { "" };
    buffer_init_arena(&b, FILE_CAP, s->a);
    for (size_t i = 0; i < s->n; i++)
        buffer_printf(&b, "%s%s", i == 0 ? "" : "\n", s->lines[i]);
    ck_assert_msg(file_write_atomic(path_join(s->a, s->root, s->file), b.data, b.len, 0600, &e),
                  "%s", e.text);
}

/* The name of the object that a line of a render stands in. */
static const char *object_of(const struct scene *s, size_t at)
{
    while (at > 0 && !text_equal(s->lines[at], "---"))
        at--;
    for (at++; at < s->n && !text_equal(s->lines[at], "---"); at++) {
        if (text_equal(s->lines[at], "metadata:"))
            break;
    }
    for (; at < s->n && !text_equal(s->lines[at], "---"); at++) {
        if (text_starts(s->lines[at], "  name: "))
            return s->lines[at] + strlen("  name: ");
    }
    return "";
}

static bool is_one_of(struct arena *a, const char *list, const char *name)
{
    size_t n;
    char **names = text_split(a, list, ' ', &n);
    for (size_t i = 0; i < n; i++) {
        if (text_equal(names[i], name))
            return true;
    }
    return false;
}

/* The n-th line that a mutation may be done to, counted in *n; false: there are fewer. */
static bool candidate(struct scene *s, const struct mutation *m, size_t which, size_t *at,
                      size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (!text_glob(m->line, s->lines[i]) ||
            (m->of != NULL && !is_one_of(s->a, m->of, object_of(s, i))) ||
            (m->from != NULL && !text_contains(s->lines[i], m->from)))
            continue;
        *at = i;
        if ((*n)++ == which)
            return true;
    }
    return false;
}

static void apply(struct scene *s, const struct mutation *m, size_t at)
{
    s->said = arena_printf(s->a, "%s:%zu", s->file, at + 1);
    if (m->edit != NULL)
        m->edit(s, at);
    else if (m->to != NULL)
        replace(s, at, m->from, m->to);
    else
        drop_line(s, at);
    write_file(s);
}

/* Files of a pattern in which the mutation can be made; one of them at random is opened. */
static void open_any(struct scene *s, const struct mutation *m)
{
    struct error e = { "" };
    struct tree *t;
    size_t at, n;
    const char **files;
    size_t n_files = 0;
    ck_assert_msg(tree_open(s->a, s->root, NULL, &t, &e), "%s", e.text);
    files = arena_alloc_array(s->a, t->n + 1, sizeof(*files));
    for (size_t i = 0; i < t->n; i++) {
        if (!text_glob(m->file, t->files[i].path))
            continue;
        open_file(s, t->files[i].path);
        if (candidate(s, m, 0, &at, &n))
            files[n_files++] = t->files[i].path;
    }
    ck_assert_msg(n_files > 0, "%s: there is nothing to break", m->name);
    open_file(s, files[prng_next(&s->random) % n_files]);
}

/* Development and its offline copy have the same lines but for images: what is done to the one is
 * done to the other, so that only the rule itself can notice. */
static void mutate(struct scene *s, const struct mutation *m)
{
    size_t at = 0, n = 0;
    open_any(s, m);
    candidate(s, m, SIZE_MAX, &at, &n);
    ck_assert(candidate(s, m, prng_next(&s->random) % n, &at, &n));
    bool twice = text_equal(m->file, DEV) && !text_contains(s->lines[at], "image: ");
    struct prng again = s->random;
    apply(s, m, at);
    if (twice) {
        const char *said = s->said;
        s->random = again;
        open_file(s, OFFLINE);
        apply(s, m, at);
        s->said = said;
    }
}

static void restore(struct scene *s, const char *root)
{
    const char *source = s->file;
    char *const argv[] = { "cp", (char *)(uintptr_t)source, path_join(s->a, root, source), NULL };
    must_run(s->a, argv);
}

struct confusion {
    size_t tried, found, by_others, missed; /* rule-breaking ones */
    size_t spared, accused;                 /* harmless ones */
};

/* Of what is secret in the renders nothing may stand in a message. */
static void check_silence(const struct findings *f)
{
    static const char *const secrets[] = { "dec0de0", "dec0de1",    "dev-nsk",      "ZGV2",
                                           "hny4",    "dev-signer", "dev-postgres", "test-key" };
    for (size_t i = 0; i < f->n; i++) {
        for (size_t k = 0; k < ARRAY_LEN(secrets); k++)
            ck_assert_msg(!text_contains(f->rows[i].message, secrets[k]), "%s tells a secret",
                          f->rows[i].rule->id);
    }
}

static void count(struct confusion *c, const struct scene *s, const struct mutation *m,
                  const struct findings *f)
{
    bool found = false;
    check_silence(f);
    for (size_t i = 0; i < f->n; i++)
        found |= text_equal(f->rows[i].rule->id, m->rule);
    c->tried++;
    if (m->rule[0] == '\0') {
        c->spared += f->n == 0;
        c->accused += f->n > 0;
    } else {
        c->found += found;
        c->by_others += !found && f->n > 0;
        c->missed += f->n == 0;
    }
    if (m->rule[0] == '\0' ? f->n > 0 : !found)
        printf("%s (%s): %s%s%s\n", m->name, s->said,
               m->rule[0] == '\0' ? "must be spared, and " : m->rule,
               m->rule[0] == '\0' ? "" : " does not find it; ",
               f->n == 0 ? "nobody does" : f->rows[0].message);
}

static void try_one(const struct field *f, const struct mutation *m, const char *root,
                    struct prng *random, struct confusion *c)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct arena *a = arena_create();
        struct scene s = { .a = a, .random = *random, .root = root };
        mutate(&s, m);
        count(c, &s, m, judge(a, f, root));
        *random = s.random;
        restore(&s, root);
        if (text_equal(m->file, DEV)) {
            s.file = DEV;
            restore(&s, root);
        }
        arena_destroy(a);
    }
}

static uint64_t choose_seed(void)
{
    struct environment env = environment_of_process();
    int64_t seed;
    if (number_parse(environment_get(&env, "PLEXCONF_MUTATIONS_SEED"), 0, INT64_MAX, &seed))
        return (uint64_t)seed;
    return random_below(1000000);
}

static void print_table(const struct field *f, const struct confusion *breaking,
                        const struct confusion *harmless)
{
    printf("%zu kinds of mutation, %d of each\n"
           "                     found by its rule  by another alone  by none\n"
           "breaks a rule  %5zu  %17zu  %16zu  %7zu\n"
           "breaks none    %5zu  %17s  %16zu  %7zu\n",
           f->n, ROUNDS, breaking->tried, breaking->found, breaking->by_others, breaking->missed,
           harmless->tried, "-", harmless->accused, harmless->spared);
}

static void try_all(const struct field *f)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    uint64_t seed = choose_seed();
    struct prng random = { seed };
    struct confusion breaking = { 0 }, harmless = { 0 };
    const char *root = make_scene(a, f);
    const struct findings *clean = judge(a, f, root);
    ck_assert_msg(clean->n == 0, "before any mutation: %s",
                  clean->n > 0 ? clean->rows[0].message : "");
    for (size_t i = 0; i < f->n; i++)
        try_one(f, &f->mutations[i], root, &random,
                f->mutations[i].rule[0] == '\0' ? &harmless : &breaking);
    ck_assert_msg(judge(a, f, root)->n == 0, "a mutation was not undone");
    ck_assert_msg(directory_remove(root, &e), "%s", e.text);
    printf("seed %llu\n", (unsigned long long)seed);
    print_table(f, &breaking, &harmless);
    ck_assert_uint_eq(breaking.found, breaking.tried);
    ck_assert_uint_eq(harmless.spared, harmless.tried);
    arena_destroy(a);
}

START_TEST(what_breaks_a_rule_is_found_and_nothing_else_is)
{
    try_all(&provision);
}
END_TEST

START_TEST(what_leaks_or_falls_silent_is_found_and_nothing_else_is)
{
    try_all(&exposure);
}
END_TEST

TESTS("drift-gates/mutations", what_breaks_a_rule_is_found_and_nothing_else_is,
      what_leaks_or_falls_silent_is_found_and_nothing_else_is)
