#include "drift-gates/prod_leak/layers.h"

#include <zlib.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/text.h"
#include "common/yaml.h"

/* Shorter runs hold no needle: the shortest has 6 bytes. */
#define BASE64_RUN_MIN 8
#define HEX_RUN_MIN 12
/* A run of this length at the last level is no word any more. */
#define DEEP_RUN 24
#define YAML_CAP ((size_t)4 << 20)
#define GZIP_TRIES 16

struct visit {
    void (*visit)(void *arg, struct bytes text, const struct layer *layer);
    void *arg;
    size_t left; /* bytes */
    enum layers_end end;
};

static void go(struct visit *v, struct bytes text, const struct layer *layer, int depth);

/* A child text on the heap, given back after its visit. */
static void descend(struct visit *v, unsigned char *data, size_t len, const char *name,
                    const struct layer *around, int depth)
{
    struct layer own = { name, around };
    go(v, (struct bytes){ data, len }, &own, depth + 1);
    mem_free(data);
}

static bool is_space(unsigned char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* ---- base64 and hex: runs of digits ---- */

/* What each byte is worth as a digit, plus one; 0: it is none. */
static const unsigned char base64_values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['-'] = 63,
    ['/'] = 64, ['_'] = 64,
};
static const unsigned char hex_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

struct digits {
    const char *name;
    const unsigned char *values;
    unsigned bits;    /* of one digit */
    size_t least;     /* digits worth decoding */
    size_t positions; /* a value may begin at so many neighbouring digits */
    char between;     /* may stand between digits, as white space may */
};

/* '#': a block that was commented out. */
static const struct digits base64_digits = { "base64", base64_values, 6, BASE64_RUN_MIN, 4, '#' };
static const struct digits hex_digits = { "hex", hex_values, 4, HEX_RUN_MIN, 2, ':' };

static bool stands_between(const struct digits *d, unsigned char c)
{
    return is_space(c) || c == (unsigned char)d->between;
}

/* The end of the run that begins at `from`; *n digits are in it. */
static size_t run_end(const struct digits *d, struct bytes text, size_t from, size_t *n)
{
    size_t end = from, at = from;
    *n = 0;
    for (; at < text.len; at++) {
        if (d->values[text.data[at]] != 0) {
            (*n)++;
            end = at + 1;
        } else if (!stands_between(d, text.data[at])) {
            break;
        }
    }
    return end;
}

/* The values of the run's digits, one a byte. */
static void take_values(const struct digits *d, struct bytes run, unsigned char *out)
{
    for (size_t i = 0; i < run.len; i++) {
        if (d->values[run.data[i]] != 0)
            *out++ = (unsigned char)(d->values[run.data[i]] - 1);
    }
}

static size_t decode(const struct digits *d, const unsigned char *values, size_t n,
                     unsigned char *out)
{
    uint32_t held = 0;
    unsigned bits = 0;
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        held = held << d->bits | values[i];
        bits += d->bits;
        if (bits >= 8) {
            bits -= 8;
            out[len++] = (unsigned char)(held >> bits);
        }
    }
    return len;
}

static void undo_run(struct visit *v, const struct digits *d, struct bytes run, size_t n,
                     const struct layer *around, int depth)
{
    if (depth == LAYERS_DEEP) {
        if (n >= DEEP_RUN)
            v->end = LAYERS_TOO_DEEP;
        return;
    }
    struct layer own = { d->name, around };
    unsigned char *values = mem_alloc(n * 2), *out = values + n;
    take_values(d, run, values);
    for (size_t skip = 0; skip < d->positions && v->left > 0; skip++) {
        size_t len = decode(d, values + skip, n - skip, out);
        go(v, (struct bytes){ out, len }, &own, depth + 1);
    }
    mem_free(values);
}

static void undo_digits(struct visit *v, const struct digits *d, struct bytes text,
                        const struct layer *around, int depth)
{
    size_t at = 0, n;
    while (at < text.len) {
        if (d->values[text.data[at]] == 0) {
            at++;
            continue;
        }
        size_t end = run_end(d, text, at, &n);
        if (n >= d->least)
            undo_run(v, d, (struct bytes){ text.data + at, end - at }, n, around, depth);
        at = end;
    }
}

/* ---- percent and backslash escapes: the whole text once ---- */

/* At most 8 digits; -1: one is none. */
static int64_t hex_of(const unsigned char *p, size_t n)
{
    int64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        int digit = hex_digit_value((char)p[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* Bytes read; 0: no escape stands here. *n bytes are written. */
typedef size_t undo_escape(const unsigned char *p, size_t left, unsigned char *out, size_t *n);

static size_t undo_percent(const unsigned char *p, size_t left, unsigned char *out, size_t *n)
{
    int64_t value = left >= 3 && p[0] == '%' ? hex_of(p + 1, 2) : -1;
    if (value < 0)
        return 0;
    out[0] = (unsigned char)value;
    *n = 1;
    return 3;
}

static size_t put_utf8(uint32_t c, unsigned char *out)
{
    if (c < 0x80) {
        out[0] = (unsigned char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (unsigned char)(0x80 | (c & 0x3F));
    out[0] = (unsigned char)((0xF00 >> n & 0xFF) | c);
    return n;
}

/* \xNN is a byte, \uNNNN and \UNNNNNNNN are characters; a pair of surrogates is one. */
static size_t undo_numbered(const unsigned char *p, size_t left, unsigned char *out, size_t *n)
{
    size_t digits = p[1] == 'x' ? 2 : p[1] == 'u' ? 4 : p[1] == 'U' ? 8 : 0;
    int64_t value = digits > 0 && left >= 2 + digits ? hex_of(p + 2, digits) : -1;
    if (value < 0 || value > 0x10FFFF)
        return 0;
    if (digits == 2) {
        out[0] = (unsigned char)value;
        *n = 1;
        return 4;
    }
    int64_t low = value >= 0xD800 && value < 0xDC00 && left >= 12 && p[6] == '\\' && p[7] == 'u'
                      ? hex_of(p + 8, 4)
                      : -1;
    bool pair = digits == 4 && low >= 0xDC00 && low < 0xE000;
    if (pair)
        value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
    *n = put_utf8((uint32_t)value, out);
    return pair ? 12 : 2 + digits;
}

static size_t undo_backslash(const unsigned char *p, size_t left, unsigned char *out, size_t *n)
{
    static const char from[] = "nrtbf\"\\/'", to[] = "\n\r\t\b\f\"\\/'";
    if (left < 2 || p[0] != '\\')
        return 0;
    if (p[1] == '\n') { /* YAML: the line goes on where the next one's text begins */
        size_t at = 2;
        while (at < left && (p[at] == ' ' || p[at] == '\t'))
            at++;
        *n = 0;
        return at;
    }
    const char *known = memchr(from, p[1], sizeof(from) - 1);
    if (known == NULL)
        return undo_numbered(p, left, out, n);
    out[0] = (unsigned char)to[known - from];
    *n = 1;
    return 2;
}

static void undo_escapes(struct visit *v, undo_escape *undo, const char *name, char mark,
                         struct bytes text, const struct layer *around, int depth)
{
    size_t len = 0, undone = 0;
    if (text.len == 0 || memchr(text.data, mark, text.len) == NULL)
        return;
    unsigned char *out = mem_alloc(text.len + 4);
    for (size_t at = 0; at < text.len;) {
        size_t n = 0, read = undo(text.data + at, text.len - at, out + len, &n);
        if (read == 0)
            out[len++] = text.data[at++];
        len += read > 0 ? n : 0;
        at += read;
        undone += read > 0;
    }
    if (undone > 0 && depth == LAYERS_DEEP)
        v->end = LAYERS_TOO_DEEP;
    if (undone > 0 && depth < LAYERS_DEEP)
        descend(v, out, len, name, around, depth);
    else
        mem_free(out);
}

/* ---- gzip ---- */

/* What comes out until the end, an error or the bound. */
static unsigned char *inflated(struct bytes in, size_t *len, bool *too_large)
{
    z_stream z = { .next_in = (unsigned char *)(uintptr_t)in.data };
    size_t room = (size_t)64 << 10, n = 0;
    unsigned char *out = mem_alloc(room);
    int code = Z_OK;
    z.avail_in = in.len > UINT32_MAX ? UINT32_MAX : (unsigned)in.len;
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        code = Z_MEM_ERROR;
    while (code == Z_OK && n < LAYERS_GUNZIPPED) {
        if (n == room) {
            room *= 2;
            out = mem_resize(out, room, 1);
        }
        z.next_out = out + n;
        z.avail_out = (unsigned)(room - n);
        code = inflate(&z, Z_NO_FLUSH);
        n = room - z.avail_out;
        if (code == Z_STREAM_END && z.avail_in > 2 && z.next_in[0] == 0x1F)
            code = inflateReset(&z); /* the next member */
    }
    *too_large = code == Z_OK && n >= LAYERS_GUNZIPPED;
    inflateEnd(&z);
    *len = n;
    return out;
}

static void undo_gzip(struct visit *v, struct bytes text, const struct layer *around, int depth)
{
    static const unsigned char magic[] = { 0x1F, 0x8B, 0x08 };
    const unsigned char *at = text.data, *end = text.data + text.len;
    for (int tries = 0; tries < GZIP_TRIES && at < end && v->left > 0; tries++, at++) {
        at = memmem(at, (size_t)(end - at), magic, sizeof(magic));
        if (at == NULL)
            return;
        if (depth == LAYERS_DEEP) {
            v->end = LAYERS_TOO_DEEP;
            return;
        }
        size_t len;
        bool too_large;
        unsigned char *out = inflated((struct bytes){ at, (size_t)(end - at) }, &len, &too_large);
        if (too_large)
            v->end = LAYERS_TOO_LARGE;
        descend(v, out, len, "gzip", around, depth);
    }
}

/* ---- YAML and JSON ---- */

static bool may_be_yaml(struct bytes text)
{
    size_t at = 0;
    while (at < text.len && is_space(text.data[at]))
        at++;
    if (at == text.len || text.len > YAML_CAP)
        return false;
    if (text.data[at] == '{' || text.data[at] == '[')
        return true;
    return memchr(text.data, '\n', text.len) != NULL &&
           (memmem(text.data, text.len, ": ", 2) != NULL ||
            memmem(text.data, text.len, ":\n", 2) != NULL ||
            memmem(text.data, text.len, "- ", 2) != NULL) &&
           text_is_utf8(text.data, text.len);
}

static void visit_strings(struct visit *v, const json_t *value, const struct layer *layer,
                          int depth)
{
    const char *key;
    json_t *member;
    size_t i;
    if (v->left == 0)
        return;
    if (json_is_string(value)) {
        struct bytes text = { (const unsigned char *)json_string_value(value),
                              json_string_length(value) };
        go(v, text, layer, depth + 1);
    }
    json_array_foreach (value, i, member)
        visit_strings(v, member, layer, depth);
    json_object_foreach ((json_t *)value, key, member) {
        go(v, BYTES_OF_TEXT(key), layer, depth + 1);
        visit_strings(v, member, layer, depth);
    }
}

static void undo_yaml(struct visit *v, struct bytes text, const struct layer *around, int depth)
{
    struct layer own = { "YAML", around };
    json_t *documents = NULL, *value;
    size_t i;
    if (!may_be_yaml(text))
        return;
    struct arena *a = arena_create();
    if (yaml_parse_stream(a, text.data, text.len, &documents, NULL)) {
        json_array_foreach (documents, i, value) {
            bool more = json_is_object(value) || json_is_array(value);
            if (more && depth == LAYERS_DEEP)
                v->end = LAYERS_TOO_DEEP;
            else if (more)
                visit_strings(v, value, &own, depth);
        }
    }
    arena_destroy(a);
}

/* ---- all of them ---- */

static void go(struct visit *v, struct bytes text, const struct layer *layer, int depth)
{
    if (text.len >= v->left) {
        v->left = 0;
        v->end = LAYERS_TOO_LARGE;
        return;
    }
    v->left -= text.len + 1;
    v->visit(v->arg, text, layer);
    undo_digits(v, &base64_digits, text, layer, depth);
    undo_digits(v, &hex_digits, text, layer, depth);
    undo_escapes(v, undo_percent, "percent", '%', text, layer, depth);
    undo_escapes(v, undo_backslash, "escapes", '\\', text, layer, depth);
    undo_gzip(v, text, layer, depth);
    undo_yaml(v, text, layer, depth);
}

enum layers_end layers_visit(struct bytes text,
                             void (*visit)(void *arg, struct bytes text, const struct layer *layer),
                             void *arg)
{
    struct visit v = { visit, arg, LAYERS_BYTES + 8 * text.len, LAYERS_WHOLE };
    go(&v, text, NULL, 0);
    return v.end;
}
