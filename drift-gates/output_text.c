#include "common/text.h"
#include "drift-gates/output.h"

/* On a terminal gates stand in columns. */
enum { NAME_COLUMNS = 18, STATE_COLUMNS = 16, NARROW = 60 };
#define DETAILS_CAP ((size_t)1 << 20)

enum tone { TONE_BAD, TONE_WARN, TONE_GOOD, TONE_QUIET };

static void put_tone(struct buffer *out, struct output_style style, enum tone tone,
                     const char *text)
{
    static const char *const codes[] = { "31", "33", "32", "2" };
    if (style.colour)
        buffer_printf(out, "\033[%sm%s\033[0m", codes[tone], text);
    else
        buffer_text(out, text);
}

static void put_place(struct arena *a, struct buffer *out, const struct place *p)
{
    buffer_text(out, p->file == NULL ? "." : output_line(a, p->file));
    if (p->line > 0)
        buffer_printf(out, ":%d", p->line);
}

/* `file:line rule message (path; also file:line)`, then why it is excused. */
static void put_finding(struct arena *a, struct buffer *out, struct output_style style,
                        const struct finding *f, enum tone tone)
{
    put_place(a, out, &f->where);
    buffer_char(out, ' ');
    put_tone(out, style, tone, f->rule->id);
    buffer_printf(out, " %s", output_line(a, f->message));
    if (f->where.path != NULL || f->other.file != NULL) {
        buffer_text(out, " (");
        if (f->where.path != NULL)
            buffer_text(out, output_line(a, f->where.path));
        if (f->other.file != NULL) {
            buffer_text(out, f->where.path != NULL ? "; also " : "also ");
            put_place(a, out, &f->other);
        }
        buffer_char(out, ')');
    }
    if (f->excused != NULL)
        buffer_printf(out, " [%s: %s]", f->excused_by, output_line(a, f->excused));
    buffer_char(out, '\n');
}

static void put_compared(const struct findings *f, struct buffer *out, const struct gate *gate)
{
    const char *before = "compared ";
    for (size_t i = 0; i < f->n_counts; i++) {
        if (f->counts[i].gate != gate || f->counts[i].n == 0)
            continue;
        buffer_printf(out, "%s%zu %s", before, f->counts[i].n,
                      output_line(f->arena, f->counts[i].what));
        before = ", ";
    }
    if (before[0] == 'c')
        buffer_text(out, "nothing to compare");
}

/* What there is to say of a gate behind its state. */
static void put_details(const struct verdict *v, struct buffer *out, const struct gate_outcome *o)
{
    struct arena *a = v->findings->arena;
    put_compared(v->findings, out, o->gate);
    if (o->n_findings > 0 || o->n_excused > 0)
        buffer_printf(out, "; %zu findings, %zu excused", o->n_findings, o->n_excused);
    const char *unlooked = output_unlooked(v, o->gate);
    if (unlooked != NULL)
        buffer_printf(out, "; not looked at: %s", unlooked);
    if (o->error != NULL)
        buffer_printf(out, "; %s", output_line(a, o->error));
    if (v->missing != NULL && text_equal(v->missing, o->gate->name))
        buffer_text(out, "; required here");
}

/* Words up to the terminal's edge; every line but the first begins at `indent`. */
static void put_wrapped(struct arena *a, struct buffer *out, const char *text, size_t indent,
                        size_t width)
{
    size_t column = indent;
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        size_t wide = text_utf8_length(arena_strndup(a, text, len));
        if (column > indent && column + 1 + wide > width) {
            buffer_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        }
        buffer_printf(out, "%s%.*s", column > indent ? " " : "", (int)len, text);
        column += wide + (column > indent);
        text += len + (text[len] == ' ');
    }
}

static void put_gate(const struct verdict *v, struct buffer *out, struct output_style style,
                     const struct gate_outcome *o)
{
    static const enum tone tones[] = { [GATE_CLEAN] = TONE_GOOD,
                                       [GATE_FOUND] = TONE_BAD,
                                       [GATE_NOT_APPLICABLE] = TONE_QUIET,
                                       [GATE_BROKEN] = TONE_BAD };
    struct buffer details;
    buffer_init_arena(&details, DETAILS_CAP, v->findings->arena);
    put_details(v, &details, o);
    const char *state = output_state(o->state);
    if (style.width > NARROW) {
        buffer_printf(out, "%-*s", NAME_COLUMNS, o->gate->name);
        put_tone(out, style, tones[o->state], state);
        buffer_printf(out, "%*s", STATE_COLUMNS - (int)strlen(state), "");
        put_wrapped(v->findings->arena, out, details.data, NAME_COLUMNS + STATE_COLUMNS,
                    style.width);
    } else {
        buffer_printf(out, "%s: ", o->gate->name);
        put_tone(out, style, tones[o->state], state);
        buffer_printf(out, "; %s", details.data);
    }
    buffer_char(out, '\n');
}

void output_counts(const struct verdict *v, struct buffer *out)
{
    buffer_printf(out,
                  "%zu findings, %zu excused, %zu stale; gates: %zu clean, %zu with findings, "
                  "%zu not applicable, %zu broken; %zu not looked at\n",
                  v->n_findings, v->n_excused, v->n_stale, v->n_clean, v->n_found,
                  v->n_not_applicable, v->n_broken, v->n_unlooked);
}

void output_text(const struct verdict *v, struct output_style style, struct buffer *out)
{
    const struct findings *f = v->findings;
    for (size_t i = 0; i < f->n; i++) {
        bool excused = f->rows[i].excused != NULL;
        if (!excused || style.excused)
            put_finding(f->arena, out, style, &f->rows[i], excused ? TONE_QUIET : TONE_BAD);
    }
    for (size_t i = 0; i < v->stale->n; i++)
        put_finding(f->arena, out, style, &v->stale->rows[i], TONE_WARN);
    for (size_t i = 0; i < f->n_outcomes; i++)
        put_gate(v, out, style, &f->outcomes[i]);
    if (v->n_written > 0)
        buffer_printf(out, "%zu findings are in the baseline now\n", v->n_written);
    output_counts(v, out);
}
