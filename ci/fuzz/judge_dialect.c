/* Fuzz target: what an agent sends, decoded by the judge, in both dialects: the first line is the
 * path, the rest the body. And the canonical form that is signed: it is the same again when the
 * texts of an envelope are what is signed already. */
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "harness/agent_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_reports(struct arena *a, enum agent_dialect d, const char *method,
                          const char *path, struct bytes body)
{
    struct sent_report *reports;
    const char *why = NULL;
    size_t n;
    json_t *payload;
    if (!dialect_reports(a, d, method, path, body, &reports, &n, &why)) {
        require(why != NULL);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        require(reports[i].key != NULL && reports[i].deleted == (reports[i].payload == NULL));
        require(reports[i].deleted ||
                json_parse(a, reports[i].payload, strlen(reports[i].payload), &payload, NULL));
    }
}

static void check_signed(struct arena *a, const char *payload)
{
    struct envelope ev = { .type = "t",
                           .id = "i",
                           .scope = "s",
                           .key_id = "k",
                           .issued_at = "2026-01-02T03:04:05.600Z",
                           .nonce = payload,
                           .payload = payload };
    json_t *value, *again;
    if (!json_parse(a, payload, strlen(payload), &value, NULL))
        return;
    for (int d = AGENT_V1; d <= AGENT_MVP; d++) {
        struct bytes text = envelope_signed_bytes(a, (enum agent_dialect)d, &ev);
        const char *line = envelope_line(a, (enum agent_dialect)d, &ev, "c2ln");
        require(json_parse(a, text.data, text.len, &again, NULL));
        require(json_equal(json_member(again, "payload"), value));
        require(json_parse(a, line, strlen(line), &again, NULL));
        require(json_equal(json_member(again, "payload"), value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    const char *text = arena_strndup(a, (const char *)data, size);
    size_t line = strcspn(text, "\n");
    const char *path = arena_strndup(a, text, line);
    size_t from = line < size ? line + 1 : line;
    struct bytes body = { data + from, size - from };
    check_reports(a, AGENT_V1, "PUT", path, body);
    check_reports(a, AGENT_V1, "DELETE", path, body);
    check_reports(a, AGENT_MVP, "POST", path, body);
    check_signed(a, text);
    arena_destroy(a);
    return 0;
}
