#include "drift-gates/prod_leak/needles.h"

#include "common/buffer.h"
#include "common/encoding.h"
#include "common/text.h"
#include "drift-gates/prod_leak/encodings.h"
#include "drift-gates/prod_leak/scan.h"

#define PEM "-----BEGIN"
#define PEM_CAP ((size_t)1 << 20)

struct form {
    size_t needle;
    enum encoding encoding;
};

struct needles {
    struct arena *arena;
    struct needle *rows;
    size_t n, room;
    struct bytes sentence; /* exempt; empty: none */
    struct form *forms;
    struct bytes *form_bytes;
    size_t n_forms;
    const struct scanner *scanner;
    struct needle_hit *hits; /* of the running search: room for each needle */
    uint32_t *seen;          /* a needle's last search that found it */
    uint32_t search;
};

struct needles *needles_create(struct arena *a)
{
    struct needles *s = arena_alloc(a, sizeof(*s));
    s->arena = a;
    return s;
}

static bool same(struct bytes a, struct bytes b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static void add(struct needles *s, struct needle row)
{
    for (size_t i = 0; i < s->n; i++) {
        if (same(s->rows[i].value, row.value))
            return;
    }
    if (row.value.len == 0)
        return;
    if (s->n == s->room) {
        s->room = s->room == 0 ? 64 : s->room * 2;
        struct needle *rows = arena_alloc_array(s->arena, s->room, sizeof(*rows));
        if (s->n > 0)
            memcpy(rows, s->rows, s->n * sizeof(*rows));
        s->rows = rows;
    }
    row.value.data = arena_copy(s->arena, row.value.data, row.value.len);
    row.whole = !row.marker && row.value.len < NEEDLE_LONG;
    s->rows[s->n++] = row;
}

void needles_add_value(struct needles *s, struct bytes value, const char *name, struct place from)
{
    add(s, (struct needle){ .value = value, .name = name, .from = from, .origin = s->n });
}

void needles_add_marker(struct needles *s, const char *marker, const char *name, struct place from)
{
    add(s, (struct needle){ .value = BYTES_OF_TEXT(marker),
                            .name = name,
                            .from = from,
                            .marker = true,
                            .origin = s->n });
}

/* ---- what a value also is ---- */

static void derive(struct needles *s, size_t origin, struct bytes value, const char *what)
{
    const struct needle *from = &s->rows[origin];
    if (value.len >= NEEDLE_LONG)
        add(s, (struct needle){ .value = value,
                                .name = arena_printf(s->arena, "%s %s", what, from->name),
                                .from = from->from,
                                .origin = origin });
}

static void derive_password(struct needles *s, size_t origin, struct bytes url)
{
    const unsigned char *end = url.data + url.len;
    const unsigned char *from = memmem(url.data, url.len, "://", 3);
    if (from == NULL)
        return;
    from += 3;
    const unsigned char *slash = memchr(from, '/', (size_t)(end - from));
    const unsigned char *at = memrchr(from, '@', (size_t)((slash == NULL ? end : slash) - from));
    const unsigned char *colon = at == NULL ? NULL : memchr(from, ':', (size_t)(at - from));
    if (colon != NULL)
        derive(s, origin, (struct bytes){ colon + 1, (size_t)(at - colon - 1) },
               "the password inside");
}

/* The key of the first PEM block: what its lines decode to together. */
static void derive_pem(struct needles *s, size_t origin, struct bytes text)
{
    struct bytes key;
    struct buffer b;
    const unsigned char *end = text.data + text.len;
    const unsigned char *at = memmem(text.data, text.len, PEM, strlen(PEM));
    buffer_init_arena(&b, PEM_CAP, s->arena);
    while (at != NULL && (at = memchr(at, '\n', (size_t)(end - at))) != NULL && ++at < end &&
           *at != '-') {
        for (const unsigned char *p = at; p<end && * p> ' '; p++)
            buffer_char(&b, (char)*p);
    }
    if (!b.overflow && base64_decode(s->arena, BASE64_STANDARD, b.data, b.len, &key))
        derive(s, origin, key, "the key inside");
}

void needles_derive(struct needles *s)
{
    size_t n = s->n;
    for (size_t i = 0; i < n; i++) {
        struct bytes value = s->rows[i].value, decoded;
        const char *text = (const char *)value.data;
        if (s->rows[i].marker || s->rows[i].origin != i)
            continue;
        if (hex_decode(s->arena, text, value.len, &decoded))
            derive(s, i, decoded, "the bytes of");
        else if (base64_decode(s->arena, BASE64_STANDARD, text, value.len, &decoded))
            derive(s, i, decoded, "the bytes of");
        derive_password(s, i, value);
        derive_pem(s, i, value);
    }
}

void needles_exempt(struct needles *s, const char *sentence)
{
    s->sentence = BYTES_OF_TEXT(sentence);
}

/* ---- searching ---- */

void needles_ready(struct needles *s)
{
    s->forms = arena_alloc_array(s->arena, s->n * ENCODINGS + 1, sizeof(*s->forms));
    s->form_bytes = arena_alloc_array(s->arena, s->n * ENCODINGS + 1, sizeof(*s->form_bytes));
    s->seen = arena_alloc_array(s->arena, s->n + 1, sizeof(*s->seen));
    s->hits = arena_alloc_array(s->arena, s->n + 1, sizeof(*s->hits));
    for (size_t i = 0; i < s->n; i++) {
        for (enum encoding e = 0; e < ENCODINGS && !s->rows[i].whole; e++) {
            struct bytes form = encoding_form(s->arena, e, s->rows[i].value);
            bool known = form.len == 0;
            for (size_t k = s->n_forms; k > 0 && s->forms[k - 1].needle == i && !known; k--)
                known = same(s->form_bytes[k - 1], form);
            if (known)
                continue;
            s->forms[s->n_forms] = (struct form){ i, e };
            s->form_bytes[s->n_forms++] = form;
        }
    }
    s->scanner = scanner_create(s->arena, s->form_bytes, s->n_forms, SCAN_EXACT);
}

size_t needles_count(const struct needles *s)
{
    return s->n;
}

size_t needles_values(const struct needles *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += !s->rows[i].marker && s->rows[i].origin == i;
    return n;
}

const struct needle *needles_at(const struct needles *s, size_t i)
{
    return &s->rows[i];
}

const struct bytes *needles_forms(const struct needles *s, size_t *n)
{
    *n = s->n_forms;
    return s->form_bytes;
}

struct search {
    struct needles *s;
    struct arena *arena;
    bool secret;
    struct needle_hits *out;
    struct bytes text; /* the layer that is looked at */
    const struct layer *layer;
};

static const char *how(struct arena *a, const char *encoding, const struct layer *layer)
{
    const char *text = encoding;
    for (; layer != NULL; layer = layer->around)
        text = text == NULL ? layer->name : arena_printf(a, "%s in %s", text, layer->name);
    return text == NULL ? "plain" : text;
}

static void hit(struct search *q, size_t needle, enum encoding encoding)
{
    struct needles *s = q->s;
    if (s->seen[needle] == s->search)
        return;
    s->seen[needle] = s->search;
    const char *name = encoding == ENCODING_PLAIN ? NULL : encoding_name(encoding);
    q->out->rows[q->out->n++] = (struct needle_hit){ needle, how(q->arena, name, q->layer) };
}

/* Whether [at, at + len) lies inside the exempt sentence. */
static bool is_exempt(const struct search *q, size_t at, size_t len)
{
    struct bytes sentence = q->s->sentence;
    size_t from = at + len > sentence.len ? at + len - sentence.len : 0;
    if (sentence.len == 0)
        return false;
    for (; from <= at && from + sentence.len <= q->text.len; from++) {
        if (memcmp(q->text.data + from, sentence.data, sentence.len) == 0)
            return true;
    }
    return false;
}

static bool found(void *arg, size_t form, size_t at)
{
    struct search *q = arg;
    struct form f = q->s->forms[form];
    if (q->s->seen[f.needle] != q->s->search && !is_exempt(q, at, q->s->form_bytes[form].len))
        hit(q, f.needle, f.encoding);
    return true;
}

static struct bytes trimmed(struct bytes text)
{
    while (text.len > 0 && text.data[0] <= ' ')
        text = (struct bytes){ text.data + 1, text.len - 1 };
    while (text.len > 0 && text.data[text.len - 1] <= ' ')
        text.len--;
    return text;
}

static void look(void *arg, struct bytes text, const struct layer *layer)
{
    struct search *q = arg;
    q->text = text;
    q->layer = layer;
    scanner_run(q->s->scanner, text, found, q);
    if (!q->secret || text.len > NEEDLE_LONG * 2)
        return;
    for (size_t i = 0; i < q->s->n; i++) {
        if (q->s->rows[i].whole && same(q->s->rows[i].value, trimmed(text)))
            hit(q, i, ENCODING_PLAIN);
    }
}

/* Whether `inner` says nothing that `outer`, found as well, does not say: it is taken from the same
 * value, or stands inside it. */
static bool is_part(const struct needles *s, size_t inner, size_t outer)
{
    const struct needle *a = &s->rows[inner], *b = &s->rows[outer];
    if (inner == outer)
        return false;
    if (a->origin == b->origin)
        return a->origin == inner ? false : b->origin == outer || inner > outer;
    return a->value.len < b->value.len &&
           memmem(b->value.data, b->value.len, a->value.data, a->value.len) != NULL;
}

static void keep_the_largest(const struct needles *s, struct arena *a, struct needle_hits *h)
{
    size_t n = 0;
    bool *part = arena_alloc_array(a, h->n + 1, sizeof(*part));
    for (size_t i = 0; i < h->n; i++) {
        for (size_t k = 0; k < h->n && !part[i]; k++)
            part[i] = is_part(s, h->rows[i].needle, h->rows[k].needle);
    }
    for (size_t i = 0; i < h->n; i++) {
        if (!part[i])
            h->rows[n++] = h->rows[i];
    }
    h->n = n;
}

void needles_search(struct needles *s, struct arena *a, struct bytes text, bool secret,
                    struct needle_hits *out)
{
    struct search q = { .s = s, .arena = a, .secret = secret, .out = out };
    *out = (struct needle_hits){ .rows = s->hits };
    s->search++;
    out->end = layers_visit(text, look, &q);
    if (out->n > 1)
        keep_the_largest(s, a, out);
    out->rows = out->n > 0 ? arena_copy(a, s->hits, out->n * sizeof(*s->hits)) : NULL;
}
