#include "harness/progress.h"

#include <string.h>
#include <unistd.h>

#include "common/json.h"
#include "common/memory.h"
#include "common/text.h"
#include "common/timestamp.h"

#define REDRAW_NANOS INT64_C(80000000)
#define LINE_NANOS INT64_C(30000000000)
#define PHASE_CAP 48

struct progress {
    FILE *out;
    bool terminal, colour, transcripts;
    bool drawn; /* the updating line is on the screen */
    char phase[PHASE_CAP];
    size_t jobs, done, failed;
    int64_t phase_start, drawn_at;
};

enum tone { TONE_BAD, TONE_WARN, TONE_QUIET };

static bool is_drawn_on(FILE *out, const struct environment *env)
{
    return isatty(fileno(out)) && !text_equal(environment_get(env, "TERM"), "dumb");
}

bool progress_colour(FILE *out, const struct environment *env)
{
    const char *no_colour = environment_get(env, "NO_COLOR");
    return is_drawn_on(out, env) && (no_colour == NULL || *no_colour == '\0');
}

struct progress *progress_create(FILE *out, const struct environment *env, bool transcripts)
{
    struct progress *p = mem_alloc(sizeof(*p));
    p->out = out;
    p->transcripts = transcripts;
    p->terminal = is_drawn_on(out, env);
    p->colour = progress_colour(out, env);
    return p;
}

static void clear_line(struct progress *p)
{
    if (p->drawn)
        fputs("\r\033[K", p->out);
    p->drawn = false;
}

void progress_destroy(struct progress *p)
{
    if (p == NULL)
        return;
    clear_line(p);
    fflush(p->out);
    mem_free(p);
}

static void draw_line(struct progress *p)
{
    int64_t now = clock_monotonic_nanos();
    double seconds = (double)(now - p->phase_start) / 1e9;
    if (!p->terminal || (p->drawn && p->done < p->jobs && now - p->drawn_at < REDRAW_NANOS))
        return;
    clear_line(p);
    fprintf(p->out, "%s %zu/%zu, %zu failed", p->phase, p->done, p->jobs, p->failed);
    if (seconds > 0.5)
        fprintf(p->out, ", %.0f/s", (double)p->done / seconds);
    fflush(p->out);
    p->drawn = true;
    p->drawn_at = now;
}

/* In a log, where no line can be kept up to date, failures show that cases are under way. While
 * the impostors are at work nothing fails, so it is said when they begin, end, and now and then. */
static void write_line(struct progress *p)
{
    int64_t now = clock_monotonic_nanos();
    bool edge = p->done == 0 || p->done == p->jobs;
    if (p->terminal || p->jobs == 0 || !text_starts(p->phase, "impostors") ||
        (!edge && now - p->drawn_at < LINE_NANOS))
        return;
    fprintf(p->out, "plexconf: %s: %zu of %zu\n", p->phase, p->done, p->jobs);
    fflush(p->out);
    p->drawn_at = now;
}

void progress_phase(struct progress *p, const char *name, size_t jobs)
{
    snprintf(p->phase, sizeof(p->phase), "%s", name);
    p->jobs = jobs;
    p->done = 0;
    p->phase_start = clock_monotonic_nanos();
    clear_line(p);
    draw_line(p);
    write_line(p);
}

void progress_step(struct progress *p)
{
    p->done++;
    draw_line(p);
    write_line(p);
}

static const char *paint(const struct progress *p, enum tone tone)
{
    static const char *const codes[] = { "\033[31m", "\033[33m", "\033[2m" };
    return p->colour ? codes[tone] : "";
}

static const char *plain(const struct progress *p)
{
    return p->colour ? "\033[0m" : "";
}

/* What a target sent must not drive the terminal. */
static void put_safely(FILE *out, const char *text, const char *indent)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\n')
            fprintf(out, "\n%s", indent);
        else if ((unsigned char)*c < 0x20 || *c == 0x7f)
            fputc('?', out);
        else
            fputc(*c, out);
    }
}

static void print_headers(FILE *out, const json_t *headers, const char *mark)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)headers, name, value) {
        fprintf(out, "          %s %s: ", mark, name);
        put_safely(out, json_is_string(value) ? json_string_value(value) : "", "            ");
        fputc('\n', out);
    }
}

static void print_body(FILE *out, const char *body)
{
    if (text_blank(body))
        return;
    fputs("            ", out);
    put_safely(out, body, "            ");
    fputc('\n', out);
}

static void print_exchange(FILE *out, const json_t *x)
{
    fprintf(out, "          > %s ", json_text(x, "method") ? json_text(x, "method") : "?");
    put_safely(out, json_text(x, "url") ? json_text(x, "url") : "?", "");
    fprintf(out, "%s\n",
            json_text(x, "by") != NULL      ? "   (the agent sent it)"
            : json_flag(x, "judged", false) ? "   (judged)"
                                            : "");
    print_headers(out, json_member(x, "request_headers"), ">");
    print_body(out, json_text(x, "request_body"));
    if (json_text(x, "error") != NULL) {
        fputs("          < ", out);
        put_safely(out, json_text(x, "error"), "            ");
        fputc('\n', out);
        return;
    }
    fprintf(out, "          < %d\n", (int)json_int(x, "status", 0));
    print_headers(out, json_member(x, "response_headers"), "<");
    print_body(out, json_text(x, "response_body"));
}

static void print_case(struct progress *p, const json_t *event, const char *verdict)
{
    const char *message = json_text(event, "message"), *again = json_text(event, "again");
    bool waived = json_member(event, "waived") != NULL;
    bool decides = !waived && !json_flag(event, "provisional", false) &&
                   !json_flag(event, "informational", false);
    clear_line(p);
    fprintf(p->out, "%splexconf: %s %s%s", paint(p, decides ? TONE_BAD : TONE_WARN),
            json_text(event, "id"), verdict, plain(p));
    if (!decides)
        fprintf(p->out, " (%s)", waived ? "waived" : "does not decide");
    fputs(": ", p->out);
    put_safely(p->out, message == NULL ? "" : message, "          ");
    if (again != NULL)
        fprintf(p->out, "\n          %sagain: %s%s", paint(p, TONE_QUIET), again, plain(p));
    fputc('\n', p->out);
}

static void on_case(struct progress *p, const json_t *event)
{
    const char *verdict = json_text(event, "verdict");
    bool failed = text_equal(verdict, "failed") || text_equal(verdict, "broken");
    size_t i;
    json_t *exchange;
    p->failed += failed;
    if (failed)
        print_case(p, event, verdict);
    if (!p->transcripts || json_member(event, "exchanges") == NULL)
        return;
    clear_line(p);
    if (!failed)
        fprintf(p->out, "plexconf: %s %s\n", json_text(event, "id"), verdict);
    json_array_foreach (json_member(event, "exchanges"), i, exchange) {
        print_exchange(p->out, exchange);
    }
}

static void on_note(struct progress *p, const json_t *event)
{
    bool error = text_equal(json_text(event, "level"), "error");
    clear_line(p);
    fprintf(p->out, "%splexconf: ", paint(p, error ? TONE_BAD : TONE_WARN));
    put_safely(p->out, json_text(event, "message"), "          ");
    fprintf(p->out, "%s\n", plain(p));
}

static void on_impostor(struct progress *p, const json_t *event)
{
    clear_line(p);
    fprintf(p->out, "%splexconf: %s is vacuous: the impostor '%s' satisfies it%s\n",
            paint(p, TONE_BAD), json_text(event, "id"), json_text(event, "impostor"), plain(p));
}

void progress_event(struct progress *p, const json_t *event)
{
    const char *type = json_text(event, "type");
    if (text_equal(type, "case"))
        on_case(p, event);
    else if (text_equal(type, "note"))
        on_note(p, event);
    else if (text_equal(type, "impostor"))
        on_impostor(p, event);
    else if (text_equal(type, "end"))
        clear_line(p);
}
