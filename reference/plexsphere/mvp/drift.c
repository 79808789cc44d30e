#include "reference/plexsphere/mvp/drift.h"

#include "common/arena.h"
#include "common/json.h"
#include "common/timestamp.h"
#include "reference/plexsphere/http/body.h"

static bool is_correction(const json_t *one)
{
    return json_text(one, "type") != NULL && json_text(one, "detail") != NULL;
}

/* MVP-012: only type and detail are kept of a correction. */
static bool read_corrections(struct arena *a, const json_t *corrections, struct drift *out)
{
    size_t i;
    json_t *one, *kept = json_own(a, json_array());
    json_array_foreach ((json_t *)(uintptr_t)corrections, i, one) {
        if (!is_correction(one))
            return false;
        json_array_append_new(kept, json_pack("{s:s, s:s}", "type", json_text(one, "type"),
                                              "detail", json_text(one, "detail")));
    }
    out->corrections = json_dump(a, kept);
    return true;
}

bool drift_read(struct arena *a, const json_t *body, struct drift *out, const char **why)
{
    const json_t *corrections = json_member(body, "corrections");
    const char *timestamp = NULL;
    if (body_text(a, body, "timestamp", &timestamp, why) == BODY_WRONG)
        return false;
    *why = "The member 'timestamp' must be there and be an RFC 3339 instant.";
    if (!timestamp || !timestamp_parse(timestamp, &out->observed_at))
        return false;
    *why = "The member 'corrections' must be an array of at most 1024 corrections.";
    return json_is_array(corrections) && json_array_size(corrections) <= DRIFT_CORRECTIONS_MAX &&
           read_corrections(a, corrections, out);
}

enum sql_result drift_store(struct tx *tx, const struct uuid *node, const struct drift *drift,
                            int64_t now)
{
    static const struct statement insert = {
        "drift_insert",
        "INSERT INTO plexsphere.node_drifts (id, node_id, observed_at, received_at, corrections) "
        "VALUES ($1, $2, $3, $4, $5::text::jsonb)",
    };
    static const struct statement forget = {
        "drift_forget",
        "DELETE FROM plexsphere.node_drifts WHERE node_id = $1 AND id <= ("
        " SELECT id FROM plexsphere.node_drifts WHERE node_id = $1 "
        " ORDER BY id DESC OFFSET $2 LIMIT 1)",
    };
    struct uuid id = uuid_v7(now);
    enum sql_result r = SQL(tx, &insert, NULL, p_uuid(&id), p_uuid(node),
                            p_time(drift->observed_at), p_time(now), p_text(drift->corrections));
    return r == SQL_OK ? SQL(tx, &forget, NULL, p_uuid(node), p_int(DRIFT_KEPT)) : r;
}
