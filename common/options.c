#include "common/options.h"

#include <inttypes.h>
#include <string.h>

#include "common/number.h"
#include "common/text.h"

#define HELP_WIDTH 80
#define HELP_COLUMN 26 /* where the explanations begin */
#define WORD_CAP 63

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
static size_t distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    size_t d[WORD_CAP + 1][WORD_CAP + 1];
    if (la > WORD_CAP || lb > WORD_CAP)
        return SIZE_MAX;
    for (size_t i = 0; i <= la; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= lb; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        for (size_t j = 1; j <= lb; j++) {
            size_t replaced = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            d[i][j] = least(replaced, least(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[la][lb];
}

const char *options_nearest(const char *word, const char *const *names)
{
    const char *nearest = NULL;
    size_t best = strlen(word) / 3 + 2; /* farther is no slip of the finger */
    for (; *names != NULL; names++) {
        size_t d = distance(word, *names);
        if (d < best && d < strlen(*names)) {
            best = d;
            nearest = *names;
        }
    }
    return nearest;
}

struct reader {
    const struct option_table *table;
    char **argv;
    int argc, at;
    struct error *e;
};

static const struct option_row *row_by_name(const struct option_table *t, const char *name,
                                            size_t len)
{
    for (const struct option_row *row = t->rows; row->name != NULL; row++)
        if (strlen(row->name) == len && memcmp(row->name, name, len) == 0)
            return row;
    return NULL;
}

static const struct option_row *row_by_letter(const struct option_table *t, char letter)
{
    for (const struct option_row *row = t->rows; row->name != NULL; row++)
        if (row->letter == letter && letter != '\0')
            return row;
    return NULL;
}

static enum options_result unknown_name(struct reader *r, const char *name, size_t len)
{
    const char *names[128] = { "help" };
    size_t n = 1;
    for (const struct option_row *row = r->table->rows;
         row->name != NULL && n + 1 < ARRAY_LEN(names); row++)
        names[n++] = row->name;
    /* Only up to the "=": what follows may be a secret. */
    char word[WORD_CAP + 1] = { 0 };
    memcpy(word, name, least(len, WORD_CAP));
    const char *nearest = options_nearest(word, names);
    if (nearest != NULL)
        error_set(r->e, "unknown option --%s; did you mean --%s?", word, nearest);
    else
        error_set(r->e, "unknown option --%s; see %s --help", word, r->table->program);
    return OPTIONS_BAD;
}

static bool store_number(struct reader *r, const struct option_row *row, const char *value)
{
    bool bounded = row->min != 0 || row->max != 0;
    if (number_parse(value, bounded ? row->min : INT64_MIN, bounded ? row->max : INT64_MAX,
                     row->into))
        return true;
    if (!bounded)
        return error_set(r->e, "--%s: must be a whole number, not '%s'", row->name, value);
    return error_set(r->e, "--%s: must be a number from %" PRId64 " to %" PRId64 ", not '%s'",
                     row->name, row->min, row->max, value);
}

static bool store(struct reader *r, const struct option_row *row, const char *value)
{
    struct option_list *list;
    switch (row->kind) {
    case OPTION_FLAG: *(bool *)row->into = true; return true;
    case OPTION_TEXT: *(const char **)row->into = value; return true;
    case OPTION_NUMBER: return store_number(r, row, value);
    case OPTION_LIST:
        list = row->into;
        if (list->n == ARRAY_LEN(list->items))
            return error_set(r->e, "--%s: given more than %zu times", row->name,
                             ARRAY_LEN(list->items));
        list->items[list->n++] = value;
        return true;
    }
    return false;
}

/* `attached` is what came in the same word, or NULL: then the next word is the value. */
static enum options_result take(struct reader *r, const struct option_row *row,
                                const char *attached)
{
    const char *value = attached;
    if (row->kind == OPTION_FLAG && attached != NULL) {
        error_set(r->e, "--%s takes no value", row->name);
        return OPTIONS_BAD;
    }
    if (row->kind != OPTION_FLAG && value == NULL) {
        if (r->at + 1 >= r->argc) {
            error_set(r->e, "--%s needs a value: --%s %s", row->name, row->name,
                      row->value_name != NULL ? row->value_name : "VALUE");
            return OPTIONS_BAD;
        }
        value = r->argv[++r->at];
    }
    return store(r, row, value) ? OPTIONS_OK : OPTIONS_BAD;
}

static enum options_result long_option(struct reader *r, const char *word)
{
    size_t len = strcspn(word, "=");
    const struct option_row *row = row_by_name(r->table, word, len);
    if (row != NULL)
        return take(r, row, word[len] == '=' ? word + len + 1 : NULL);
    return text_equal(word, "help") ? OPTIONS_HELP : unknown_name(r, word, len);
}

/* "-v", "-vq" (flags may share a dash), "-j4", "-j 4" */
static enum options_result short_options(struct reader *r, const char *letters)
{
    for (; *letters != '\0'; letters++) {
        const struct option_row *row = row_by_letter(r->table, *letters);
        if (row == NULL && *letters == 'h')
            return OPTIONS_HELP;
        if (row == NULL) {
            error_set(r->e, "unknown option -%c; see %s --help", *letters, r->table->program);
            return OPTIONS_BAD;
        }
        if (row->kind != OPTION_FLAG)
            return take(r, row, letters[1] != '\0' ? letters + 1 : NULL);
        *(bool *)row->into = true;
    }
    return OPTIONS_OK;
}

enum options_result options_parse(const struct option_table *t, int argc, char **argv, char ***rest,
                                  int *n_rest, struct error *e)
{
    struct reader r = { t, argv, argc, 1, e };
    bool only_arguments = false;
    int n = 0;
    for (; r.at < argc; r.at++) {
        char *word = argv[r.at];
        enum options_result result = OPTIONS_OK;
        if (only_arguments || word[0] != '-' || word[1] == '\0') {
            if (rest == NULL) {
                error_set(e, "%s takes no argument, got '%s'; see %s --help", t->program, word,
                          t->program);
                return OPTIONS_BAD;
            }
            argv[1 + n++] = word; /* never ahead of the word being read */
        } else if (text_equal(word, "--")) {
            only_arguments = true;
        } else {
            result = word[1] == '-' ? long_option(&r, word + 2) : short_options(&r, word + 1);
        }
        if (result == OPTIONS_HELP)
            options_help(t, stdout);
        if (result != OPTIONS_OK)
            return result;
    }
    if (rest != NULL) {
        argv[1 + n] = NULL;
        *rest = argv + 1;
    }
    if (n_rest != NULL)
        *n_rest = n;
    return OPTIONS_OK;
}

/* Words of `text`, each line beginning at `indent`; the cursor already stands at `column`. */
static void wrap(FILE *out, const char *text, size_t indent, size_t column)
{
    while (*text != '\0') {
        size_t len = strcspn(text, " \n");
        size_t width = 0;
        for (size_t i = 0; i < len; i++)
            width += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (column > indent && column + 1 + width > HELP_WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        }
        bool space = column > indent;
        fprintf(out, "%s%.*s", space ? " " : "", (int)len, text);
        column += width + space;
        text += len;
        if (*text == '\n') {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        }
        text += *text != '\0';
    }
    fputc('\n', out);
}

static void help_row(FILE *out, const struct option_row *row)
{
    char label[128];
    char letter[5] = "    ";
    if (row->letter != '\0') {
        letter[0] = '-';
        letter[1] = row->letter;
        letter[2] = ',';
    }
    snprintf(label, sizeof(label), "  %s--%s%s%s", letter, row->name,
             row->value_name != NULL ? " " : "", row->value_name != NULL ? row->value_name : "");
    size_t width = text_utf8_length(label);
    fputs(label, out);
    if (width + 2 > HELP_COLUMN) {
        fputc('\n', out);
        width = 0;
    }
    fprintf(out, "%*s", (int)(HELP_COLUMN - width), "");
    wrap(out, row->help != NULL ? row->help : "", HELP_COLUMN, HELP_COLUMN);
}

void options_help(const struct option_table *t, FILE *out)
{
    static const struct option_row help = { .name = "help",
                                            .letter = 'h',
                                            .help = "Print this help." };
    fprintf(out, "Usage: %s %s\n\n", t->program, t->synopsis);
    if (t->summary != NULL) {
        wrap(out, t->summary, 0, 0);
        fputc('\n', out);
    }
    fputs("Options:\n", out);
    for (const struct option_row *row = t->rows; row->name != NULL; row++)
        help_row(out, row);
    if (row_by_name(t, "help", 4) == NULL) {
        struct option_row own = help;
        if (row_by_letter(t, 'h') != NULL)
            own.letter = '\0';
        help_row(out, &own);
    }
    if (t->footer != NULL)
        fprintf(out, "\n%s%s", t->footer, text_ends(t->footer, "\n") ? "" : "\n");
}
