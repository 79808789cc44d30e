/* Fuzz target: the bodies a Node may send that are JSON, in both dialects. What is read is within
 * its caps, what is refused has its sentence, and what will be kept as JSON is JSON. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "reference/plexsphere/mvp/drift.h"
#include "reference/plexsphere/mvp/sync.h"
#include "reference/plexsphere/nodes/heartbeat.h"
#include "reference/plexsphere/peers/endpoint.h"
#include "reference/plexsphere/registration/register_body.h"

#define NOW INT64_C(1767323045000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void is_json(struct arena *a, const char *text)
{
    json_t *value;
    require(text != NULL && json_parse(a, text, strlen(text), &value, NULL));
}

static void read_mvp(struct arena *a, const json_t *body)
{
    struct sync sync;
    struct drift drift;
    const char *why = NULL;
    if (sync_read(a, body, &sync, &why)) {
        require(sync.n_entries <= SYNC_MAX && sync.n_deleted <= SYNC_MAX);
        for (size_t i = 0; i < sync.n_entries; i++)
            is_json(a, sync.entries[i].payload);
    } else {
        require(why != NULL);
    }
    why = NULL;
    if (drift_read(a, body, &drift, &why))
        is_json(a, drift.corrections);
    else
        require(why != NULL);
}

static void read_heartbeat(struct arena *a, const json_t *body)
{
    struct heartbeat beat = { 0 };
    const char *why = NULL;
    if (heartbeat_read(a, body, NOW, &beat, &why) == HEARTBEAT_OK) {
        require(beat.has_checksum && beat.version != NULL);
        is_json(a, beat.nat_summary);
    }
    why = NULL;
    enum heartbeat_result r = heartbeat_read_mvp(a, body, NOW, &beat, &why);
    require(r == HEARTBEAT_OK || (r == HEARTBEAT_MALFORMED && why != NULL));
}

static void read_v1(struct arena *a, const json_t *body)
{
    struct registration registration = { 0 };
    struct endpoint_report report;
    const char *why = NULL, *address;
    int port;
    if (register_body_read(a, body, &registration, &why) == REGISTER_BODY_INVALID)
        require(why != NULL);
    if (endpoint_report_read(a, body, NOW, &report, &why) == ENDPOINT_READ) {
        require(report.port > 0 && report.port < 65536);
        require(endpoint_parse(a, endpoint_text(a, report.address, report.port), &address, &port));
        require(port == report.port && strcmp(address, report.address) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    json_t *body;
    if (json_parse(a, data, size, &body, NULL)) {
        read_mvp(a, body);
        read_heartbeat(a, body);
        read_v1(a, body);
    }
    arena_destroy(a);
    return 0;
}
