#include "drift-gates/sources/env_filter.h"

/* Sixteen bytes at a time, in registers where the machine has such. */
typedef unsigned char block __attribute__((vector_size(16)));

struct needle {
    const char *text;
    size_t len;
    size_t pair; /* where in it the pair stands that it is found by */
};

struct pair {
    unsigned char first, second;
    struct needle *needles;
    size_t n;
};

struct language_filter {
    struct pair *pairs;
    size_t n;
    bool all; /* a word too short for a pair: every file may hold it */
};

struct env_filter {
    struct language_filter languages[LANGUAGES];
};

/* How often letters stand in sources, roughly, the most frequent first. */
static size_t frequency(char c)
{
    static const char order[] = "etarnsioldcupmfgbhvywkxETSCARNIPDLOMFBUGHVWXKYjqzQJZ";
    const char *at = strchr(order, c);
    return c == '\0' || at == NULL ? 20 : sizeof(order) - (size_t)(at - order);
}

static bool has_pair(const char *text, const char *pair, size_t *at)
{
    for (size_t i = 0; text[i] != '\0' && text[i + 1] != '\0'; i++) {
        if (text[i] == pair[0] && text[i + 1] == pair[1]) {
            *at = i;
            return true;
        }
    }
    return false;
}

/* The pair that most of the words share which none covers yet; of several the rarest. */
static const char *best_pair(const char *const *words, size_t n)
{
    const char *best = NULL;
    size_t most = 0, rarest = 0, at;
    for (size_t i = 0; i < n; i++) {
        for (const char *p = words[i]; p != NULL && p[0] != '\0' && p[1] != '\0'; p++) {
            size_t covered = 0, often = frequency(p[0]) * frequency(p[1]);
            for (size_t k = 0; k < n; k++)
                covered += words[k] != NULL && has_pair(words[k], p, &at);
            if (covered > most || (covered == most && often < rarest)) {
                best = p;
                most = covered;
                rarest = often;
            }
        }
    }
    return best;
}

static void cover(struct arena *a, struct language_filter *f, const char **words, size_t n)
{
    const char *best;
    f->pairs = arena_alloc_array(a, n + 1, sizeof(*f->pairs));
    while ((best = best_pair(words, n)) != NULL) {
        struct pair *p = &f->pairs[f->n++];
        *p = (struct pair){ .first = (unsigned char)best[0], .second = (unsigned char)best[1] };
        p->needles = arena_alloc_array(a, n, sizeof(*p->needles));
        for (size_t i = 0; i < n; i++) {
            struct needle *needle = &p->needles[p->n];
            if (words[i] == NULL || !has_pair(words[i], best, &needle->pair))
                continue;
            needle->text = words[i];
            needle->len = strlen(words[i]);
            p->n++;
        }
        const struct pair *made = p;
        for (size_t i = 0, at; i < n; i++) {
            const char pair[] = { (char)made->first, (char)made->second };
            if (words[i] != NULL && has_pair(words[i], pair, &at))
                words[i] = NULL;
        }
    }
}

struct env_filter *env_filter_make(struct arena *a, const struct env_rules *rules)
{
    struct env_filter *f = arena_alloc(a, sizeof(*f));
    const char **words = arena_alloc_array(a, rules->n + 1, sizeof(*words));
    for (int l = 0; l < LANGUAGES; l++) {
        size_t n = 0;
        for (size_t i = 0; i < rules->n; i++) {
            const struct env_rule *rule = &rules->rows[i];
            if ((int)rule->language == l)
                words[n++] = rule->needle;
            if ((int)rule->language == l && strlen(rule->needle) < 2)
                f->languages[l].all = true;
        }
        cover(a, &f->languages[l], words, n);
    }
    f->languages[LANGUAGE_SHELL].all = true;
    return f;
}

static bool is_word_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The word as a whole: "Environment" is no "Environ". */
static bool is_word(struct bytes text, size_t from, size_t len)
{
    return (from == 0 || !is_word_byte(text.data[from - 1])) &&
           (from + len == text.len || !is_word_byte(text.data[from + len]));
}

/* Does one of the pair's words stand where the pair stands at `at`? */
static bool word_at(const struct pair *p, struct bytes text, size_t at)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct needle *n = &p->needles[i];
        if (at < n->pair || text.len - (at - n->pair) < n->len)
            continue;
        size_t from = at - n->pair;
        if (memcmp(text.data + from, n->text, n->len) == 0 && is_word(text, from, n->len))
            return true;
    }
    return false;
}

static bool word_between(const struct pair *p, struct bytes text, size_t from, size_t to)
{
    for (size_t i = from; i < to && i + 1 < text.len; i++) {
        if (text.data[i] == p->first && text.data[i + 1] == p->second && word_at(p, text, i))
            return true;
    }
    return false;
}

static bool any_set(block b)
{
    uint64_t half[2];
    memcpy(half, &b, sizeof(half));
    return (half[0] | half[1]) != 0;
}

static bool finds(const struct pair *p, struct bytes text)
{
    block first, second;
    size_t i = 0;
    memset(&first, p->first, sizeof(first));
    memset(&second, p->second, sizeof(second));
    for (; i + sizeof(block) < text.len; i += sizeof(block)) {
        block here, next;
        memcpy(&here, text.data + i, sizeof(here));
        memcpy(&next, text.data + i + 1, sizeof(next));
        if (any_set((block)(here == first) & (block)(next == second)) &&
            word_between(p, text, i, i + sizeof(block)))
            return true;
    }
    return word_between(p, text, i, text.len);
}

bool env_filter_passes(const struct env_filter *f, enum language l, struct bytes text)
{
    const struct language_filter *of = &f->languages[l];
    for (size_t i = 0; !of->all && i < of->n; i++) {
        if (finds(&of->pairs[i], text))
            return true;
    }
    return of->all;
}
