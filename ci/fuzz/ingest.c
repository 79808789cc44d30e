/* Fuzz target: a telemetry body. The first byte chooses the signal and whether the rest is gzip.
 * What is read as records is JSON, no more than the body and within its caps; read again, the
 * records are what they were. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/json.h"
#include "reference/plexsphere/observability/inflate.h"
#include "reference/plexsphere/observability/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INFLATED_CAP = 1024 * 1024 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static struct bytes written_again(struct arena *a, const struct record_form *form,
                                  const struct bytes *records, size_t n)
{
    struct buffer out;
    buffer_init_arena(&out, INFLATED_CAP * 2, a);
    buffer_text(&out, form->lines ? "" : "[");
    for (size_t i = 0; i < n; i++) {
        buffer_text(&out, i == 0 ? "" : form->lines ? "\n" : ",");
        buffer_append(&out, records[i].data, records[i].len);
    }
    buffer_text(&out, form->lines ? "" : "]");
    return (struct bytes){ (unsigned char *)out.data, out.len };
}

/* A value may hold line ends between its tokens, which an array allows and a line does not. */
static void check_records(struct arena *a, const struct record_form *form, struct bytes body)
{
    struct bytes *records, *again;
    json_t *record;
    size_t n, m;
    if (records_read(a, form, body, &records, &n) != RECORDS_OK)
        return;
    require(n >= 1 && n <= RECORDS_MAX);
    for (size_t i = 0; i < n; i++)
        require(json_parse(a, records[i].data, records[i].len, &record, NULL) &&
                json_is_object(record) && json_object_size(record) <= form->n_rules);
    struct bytes text = written_again(a, form, records, n);
    require(records_read(a, form, text, &again, &m) == RECORDS_OK && m == n);
    for (size_t i = 0; i < n; i++)
        require(again[i].len == records[i].len &&
                memcmp(again[i].data, records[i].data, records[i].len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct record_form *const forms[] = { &metric_samples, &log_lines, &audit_events };
    if (size == 0)
        return 0;
    struct arena *a = arena_create();
    struct bytes body = { data + 1, size - 1 };
    bool inflates = true;
    if (data[0] & 4) {
        struct bytes packed = body;
        inflates = gzip_inflate(a, packed, INFLATED_CAP, &body) == INFLATE_OK;
        require(body.len <= INFLATED_CAP);
    }
    if (inflates)
        check_records(a, forms[(data[0] & 3) % 3], body);
    arena_destroy(a);
    return 0;
}
