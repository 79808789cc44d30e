/* What a result's text means (exchange.h says why text). The session speaks UTC, ISO dates, hex. */
#include <libpq-fe.h>
#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/number.h"
#include "common/timestamp.h"
#include "reference/plexsphere/store/db.h"

#define BYTEA_OID 17

bool row_is_null(const struct rows *r, int row, int column)
{
    return PQgetisnull(r->result, row, column) == 1;
}

const char *row_text(const struct rows *r, int row, int column)
{
    return row_is_null(r, row, column) ? NULL : PQgetvalue(r->result, row, column);
}

int64_t row_int(const struct rows *r, int row, int column)
{
    const char *text = row_text(r, row, column);
    int64_t value;
    return text && number_parse(text, INT64_MIN, INT64_MAX, &value) ? value : 0;
}

bool row_bool(const struct rows *r, int row, int column)
{
    const char *text = row_text(r, row, column);
    return text && text[0] == 't';
}

struct uuid row_uuid(const struct rows *r, int row, int column)
{
    const char *text = row_text(r, row, column);
    struct uuid value;
    return text && uuid_parse(text, &value) ? value : (struct uuid){ { 0 } };
}

struct bytes row_bytes(const struct rows *r, int row, int column)
{
    const char *text = row_text(r, row, column);
    if (!text)
        return (struct bytes){ NULL, 0 };
    size_t len = (size_t)PQgetlength(r->result, row, column);
    struct bytes out = { (const unsigned char *)text, len };
    if (PQftype(r->result, column) == BYTEA_OID && !hex_decode(r->arena, text + 2, len - 2, &out))
        return (struct bytes){ NULL, 0 };
    return out;
}

/* "2026-11-22 04:55:00.123456+00" is RFC 3339 but for the blank and the short offset. */
int64_t row_time(const struct rows *r, int row, int column)
{
    const char *text = row_text(r, row, column);
    char iso[40];
    size_t len = text ? strlen(text) : 0;
    if (len < 22 || len >= sizeof(iso) || strcmp(text + len - 3, "+00") != 0)
        return 0;
    memcpy(iso, text, len - 3);
    iso[10] = 'T';
    iso[len - 3] = 'Z';
    iso[len - 2] = '\0';
    int64_t micros;
    return timestamp_parse(iso, &micros) ? micros : 0;
}
