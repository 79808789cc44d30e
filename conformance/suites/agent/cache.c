/* suites/agent/cache.c — the file cache: what survives, what a crash may leave (seed 002, "Offline
 * Behavior" and "Persistence Layout"; §13 36, 37). */
#include <string.h>
#include <sys/stat.h>

#include "common/text.h"
#include "suites/agent/agent_suite.h"

static json_t *two_entries(const char *second_key)
{
    return json_pack("{s:{s:s}, s:[{s:s,s:s,s:s,s:i,s:s},{s:s,s:s,s:s,s:i,s:s}], s:[{s:s,s:i}],"
                     " s:[], s:[]}",
                     "metadata", "region", "eu-1", "data", "key", "first", "content_type",
                     "text/plain", "payload", "one", "version", 1, "updated_at",
                     "2026-01-15T10:30:00Z", "key", second_key, "content_type", "text/plain",
                     "payload", "two", "version", 1, "updated_at", "2026-01-15T10:30:00Z",
                     "secret_refs", "key", "db", "version", 1, "peers", "policies");
}

/* Told its state, and on disk with all of it. */
static struct joined cached(struct world *w, enum agent_dialect d)
{
    static const char *const files[] = { "state/metadata.json", "state/secrets.json",
                                         "state/data/first.json", "state/data/second.json" };
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_state(cp, two_entries("second"));
    struct joined j = joined_to(w, cp, (struct agent_options){ 0 });
    agent_until(j.a, "/v1/state/metadata", "/region", "eu-1");
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        expect(w, agent_file_appears(j.a, files[i]), "the data folder has no %s", files[i]);
    accept(put(w, "/v1/state/report/health", .agent = j.a,
               .json = json_pack("{s:s, s:s}", "content_type", "text/plain", "payload", "fine")),
           200);
    return j;
}

/* The control plane is away: what shows is the cache. */
static void restart_offline(const struct joined *j)
{
    cp_offline(j->cp);
    agent_start(j->a);
    agent_ready(j->a);
}

AGENT_CASE("API-161", .clauses = { "API-028", "API-019", "JAG-048" },
           .title = "restarted without its control plane it serves its cache, and secrets are 503")
{
    struct joined j = cached(w, d);
    cp_secret(j.cp, "db", "opened", 1);
    accept(get(w, "/v1/state/secrets/db", .agent = j.a), 200);
    (void)agent_stop(j.a);
    restart_offline(&j);
    struct reply *r = accept(get(w, "/v1/state/metadata/region", .agent = j.a), 200);
    expect_equal(r, "/value", "eu-1");
    accept(get(w, "/v1/state/data/second", .agent = j.a), 200);
    expect_equal(accept(get(w, "/v1/state/secrets", .agent = j.a), 200), "/0/key", "db");
    refuse(get(w, "/v1/state/secrets/db", .agent = j.a), 503, "control plane unavailable");
    accept(get(w, "/v1/state/report/health", .agent = j.a), 200);
    cp_online(j.cp);
    cp_wait_stream(j.cp, 2);
    accept(get(w, "/v1/state/secrets/db", .agent = j.a), 200);
}

AGENT_CASE("API-162", .clauses = { "API-028", "JAG-049" },
           .title = "folders are 0700, files 0600, and no secret's value is among them")
{
    static const char *const folders[] = { ".", "state", "state/data", "state/report" };
    static const char *const files[] = { "state/metadata.json", "state/secrets.json",
                                         "state/data/first.json", "state/report/health.json" };
    struct joined j = cached(w, d);
    cp_secret(j.cp, "db", "never-on-a-disk", 1);
    accept(get(w, "/v1/state/secrets/db", .agent = j.a), 200);
    for (size_t i = 0; i < ARRAY_LEN(folders); i++)
        expect(w, agent_file_mode(j.a, folders[i]) == 0700, "%s has mode %o, expected 700",
               folders[i], (unsigned)agent_file_mode(j.a, folders[i]));
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        expect(w, agent_file_appears(j.a, files[i]), "there is no %s", files[i]);
        expect(w, agent_file_mode(j.a, files[i]) == 0600, "%s has mode %o, expected 600", files[i],
               (unsigned)agent_file_mode(j.a, files[i]));
    }
    expect(w, agent_file_holding(j.a, "never-on-a-disk") == NULL, "a secret's value is in %s",
           agent_file_holding(j.a, "never-on-a-disk"));
}

AGENT_CASE("API-163", .clauses = { "API-028", "JAG-049" },
           .title = "the files say what the seed prints")
{
    struct joined j = cached(w, d);
    struct error e = { "" };
    json_t *metadata, *refs, *entry;
    const char *texts[] = { agent_read_file(j.a, "state/metadata.json"),
                            agent_read_file(j.a, "state/secrets.json"),
                            agent_read_file(j.a, "state/data/first.json") };
    json_t **const into[] = { &metadata, &refs, &entry };
    for (size_t i = 0; i < ARRAY_LEN(into); i++)
        expect(w, texts[i] != NULL && json_parse(w->arena, texts[i], strlen(texts[i]), into[i], &e),
               "file %zu is no JSON", i + 1);
    expect(w, text_equal(json_text(metadata, "region"), "eu-1"), "metadata.json is no map");
    expect(w, text_equal(json_text(json_array_get(refs, 0), "key"), "db"),
           "secrets.json is no list of keys and versions");
    expect(w, text_equal(json_text(entry, "key"), "first") && json_member(entry, "payload") != NULL,
           "data/first.json is no entry");
}

/* ---- what a crash leaves ------------------------------------------------------------------ */

AGENT_CASE("API-171", .clauses = { "API-030", "JAG-050" },
           .title = "half-written temporary files of a crash are not read, and go")
{
    struct joined j = cached(w, d);
    agent_kill(j.a);
    agent_write_file(j.a, "state/data/.tmp-third.json", "{\"key\":\"third\",\"payl", 0600);
    agent_write_file(j.a, "state/data/.tmp-fourth.json",
                     "{\"key\":\"fourth\",\"content_type\":\"text/plain\",\"payload\":\"x\","
                     "\"version\":1,\"updated_at\":\"2026-01-15T10:30:00Z\"}",
                     0600);
    agent_write_file(j.a, "state/report/.tmp-other.json", "{\"key\":\"other\",\"payl", 0600);
    agent_write_file(j.a, "state/.tmp-metadata.json", "{\"region\":\"ha", 0600);
    restart_offline(&j);
    expect_equal(accept(get(w, "/v1/state/metadata", .agent = j.a), 200), "/region", "eu-1");
    refuse(get(w, "/v1/state/data/third", .agent = j.a), 404, "not found");
    refuse(get(w, "/v1/state/data/fourth", .agent = j.a), 404, "not found");
    refuse(get(w, "/v1/state/report/other", .agent = j.a), 404, "not found");
    accept(get(w, "/v1/state/data/first", .agent = j.a), 200);
}

/* One file is lost, the rest is served, and the control plane mends it. */
static void corrupted(struct world *w, enum agent_dialect d, const char *file, const char *lost,
                      const char *kept)
{
    struct joined j = cached(w, d);
    (void)cp_wait_reports(j.cp, 200, 1);
    (void)agent_stop(j.a);
    agent_write_file(j.a, file, "{\"key\": \"fir", 0600);
    restart_offline(&j);
    refuse(get(w, lost, .agent = j.a), 404, "not found");
    accept(get(w, kept, .agent = j.a), 200);
    cp_online(j.cp);
    agent_until(j.a, lost, "", "200");
}

AGENT_CASE("API-172", .clauses = { "API-030", "JAG-050" },
           .title = "a corrupted metadata file costs the metadata alone, and is mended")
{
    corrupted(w, d, "state/metadata.json", "/v1/state/metadata/region", "/v1/state/data/first");
}

AGENT_CASE("API-173", .clauses = { "API-030", "JAG-050" },
           .title = "a corrupted data file costs its entry alone, and is mended")
{
    corrupted(w, d, "state/data/first.json", "/v1/state/data/first", "/v1/state/data/second");
}

AGENT_CASE("API-174", .clauses = { "API-030", "JAG-050" },
           .title = "a corrupted report file costs its report alone")
{
    struct joined j = cached(w, d);
    (void)cp_wait_reports(j.cp, 200, 1);
    accept(put(w, "/v1/state/report/other", .agent = j.a,
               .json = json_pack("{s:s, s:s}", "content_type", "text/plain", "payload", "fine")),
           200);
    (void)cp_wait_reports(j.cp, 200, 2);
    expect(w, agent_file_appears(j.a, "state/report/health.json"), "the report has no file");
    (void)agent_stop(j.a);
    agent_write_file(j.a, "state/report/health.json", "nonsense", 0600);
    agent_start(j.a);
    agent_ready(j.a);
    accept(get(w, "/v1/state/report/other", .agent = j.a), 200);
    accept(put(w, "/v1/state/report/health", .agent = j.a,
               .json = json_pack("{s:s, s:s}", "content_type", "text/plain", "payload", "again")),
           200);
}

AGENT_CASE("API-175", .clauses = { "API-003", "JAG-050" },
           .title = "a socket left over from a crash stands in nobody's way")
{
    struct joined j = joined(w, d);
    agent_kill(j.a);
    expect(w, agent_has_file(j.a, "../run/api.sock"), "SIGKILL took the socket away");
    agent_start(j.a);
    agent_ready(j.a);
    accept(get(w, "/v1/state", .agent = j.a), 200);
    cp_wait_stream(j.cp, 2);
    sentinel(&j);
}

/* ---- keys that would leave the folder ----------------------------------------------------- */

/* Its entry stays in what the control plane says, so that what was written stays written; an agent
 * that ends in order has written all it meant to. */
static void unsafe_key(struct world *w, enum agent_dialect d, const char *key, const char *place)
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_state(cp, two_entries(key));
    struct joined j = joined_to(w, cp, (struct agent_options){ 0 });
    agent_until(j.a, "/v1/state/data/first", "", "200");
    expect(w, agent_file_appears(j.a, "state/data/first.json"), "the good entry has no file");
    push_secrets_sentinel(&j);
    expect(w, agent_is_running(j.a), "it ended over a data key");
    (void)agent_stop(j.a);
    expect(w, !agent_has_file(j.a, place), "data with key %s was written to %s", key, place);
}

AGENT_CASE("API-181", .clauses = { "API-029", "JAG-047" },
           .title = "a data key with .. writes nothing outside its folder")
{
    unsafe_key(w, d, "../escaped", "state/escaped.json");
}

AGENT_CASE("API-182", .clauses = { "API-029", "JAG-047" },
           .title = "a data key with a slash writes nothing outside its folder")
{
    unsafe_key(w, d, "sub/entry", "state/data/sub");
}

AGENT_CASE("API-183", .clauses = { "API-029", "JAG-047" },
           .title = "a data key that is an absolute path writes nothing there")
{
    unsafe_key(w, d, path(w, "%s/run/escaped", agent_case_directory(w)), "../run/escaped.json");
}

AGENT_CASE_NEEDS("API-184", "rulings", .clauses = { "API-029" },
                 .title = "a data key that cannot be kept is refused at WARN, alone")
{
    static const char *const bad[] = { "sub/entry", "..", ".", "a\nb" };
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        cp_state(cp, two_entries(bad[i]));
        struct joined j = joined_to(w, cp, (struct agent_options){ 0 });
        agent_until(j.a, "/v1/state/data/first", "", "200");
        struct reply *r = accept(get(w, "/v1/state/data", .agent = j.a), 200);
        expect_equal(r, "/0/key", "first");
        expect_absent(r, "/1");
        expect(w, agent_log_has(j.a, "data key refused"), "it does not tell of the key");
        (void)agent_stop(j.a);
    }
}

AGENT_CASE_NEEDS("API-185", "rulings", .clauses = { "API-029" },
                 .title = "a data key of other bytes has one file, its name percent-encoded")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_state(cp, two_entries("..a b%\xc3\xa9"));
    struct joined j = joined_to(w, cp, (struct agent_options){ 0 });
    agent_until(j.a, "/v1/state/data/..a%20b%25%C3%A9", "", "200");
    expect(w, agent_file_appears(j.a, "state/data/%2E.a%20b%25%C3%A9.json"),
           "the entry has no file of that name");
    (void)agent_stop(j.a);
    cp_offline(cp);
    agent_start(j.a);
    agent_ready(j.a);
    accept(get(w, "/v1/state/data/..a%20b%25%C3%A9", .agent = j.a), 200);
}
