#include "harness/progress.h"

#include <pty.h>
#include <string.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"

static struct environment with(char *const *pairs)
{
    return (struct environment){ .pairs = pairs };
}

static char *const no_pairs[] = { NULL };

static json_t *failure(const char *message)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", "case", "id", "REG-014", "verdict",
                     "failed", "message", message, "again",
                     "build/bin/plexconf run --profile mine.yaml --select id:REG-014 -v");
}

static void tell(struct progress *p, json_t *event)
{
    progress_event(p, event);
    json_decref(event);
}

static const char *read_back(FILE *f)
{
    static char text[8192];
    fflush(f);
    rewind(f);
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

START_TEST(a_failure_has_its_two_lines_and_no_colour_in_a_file)
{
    FILE *f = tmpfile();
    struct environment env = with(no_pairs);
    struct progress *p = progress_create(f, &env, false);
    progress_phase(p, "cases", 2);
    progress_step(p);
    tell(p, failure("second registration answered 201, expected 403 token_consumed"));
    progress_destroy(p);
    ck_assert_str_eq(
        read_back(f),
        "plexconf: REG-014 failed: second registration answered 201, expected 403 token_consumed\n"
        "          again: build/bin/plexconf run --profile mine.yaml --select id:REG-014 -v\n");
}
END_TEST

START_TEST(a_log_is_told_when_the_impostors_begin_and_end)
{
    FILE *f = tmpfile();
    struct environment env = with(no_pairs);
    struct progress *p = progress_create(f, &env, false);
    progress_phase(p, "impostors", 3);
    for (int i = 0; i < 3; i++)
        progress_step(p);
    progress_phase(p, "impostors, serial", 0);
    progress_destroy(p);
    ck_assert_str_eq(read_back(f), "plexconf: impostors: 0 of 3\nplexconf: impostors: 3 of 3\n");
}
END_TEST

START_TEST(a_target_cannot_drive_the_terminal)
{
    FILE *f = tmpfile();
    struct environment env = with(no_pairs);
    struct progress *p = progress_create(f, &env, true);
    json_t *event = failure("\033[2Jgone\r\nsecond");
    json_object_set_new(event, "exchanges",
                        json_pack("[{s:s, s:s, s:i, s:{s:s}, s:s, s:b}]", "method", "GET", "url",
                                  "http://t/\033]0;x", "status", 200, "response_headers", "x-a",
                                  "\033[1m", "response_body", "\033[31mred", "judged", 1));
    tell(p, event);
    progress_destroy(p);
    const char *text = read_back(f);
    ck_assert_ptr_null(strchr(text, '\033'));
    ck_assert_ptr_null(strchr(text, '\r'));
    ck_assert_ptr_nonnull(strstr(text, "?[2Jgone?\n          second"));
    ck_assert_ptr_nonnull(strstr(text, "> GET http://t/?]0;x   (judged)\n"));
    ck_assert_ptr_nonnull(strstr(text, "< 200\n"));
    ck_assert_ptr_nonnull(strstr(text, "?[31mred"));
}
END_TEST

START_TEST(what_does_not_decide_says_so)
{
    FILE *f = tmpfile();
    struct environment env = with(no_pairs);
    struct progress *p = progress_create(f, &env, false);
    json_t *waived = failure("m"), *informational = failure("m");
    json_object_set_new(waived, "waived", json_object());
    json_object_set_new(informational, "informational", json_true());
    tell(p, waived);
    tell(p, informational);
    tell(p, json_pack("{s:s, s:s, s:s}", "type", "impostor", "id", "TEN-001", "impostor", "echo"));
    tell(p, json_pack("{s:s, s:s, s:s}", "type", "note", "level", "error", "message", "it died"));
    progress_destroy(p);
    const char *text = read_back(f);
    ck_assert_ptr_nonnull(strstr(text, "REG-014 failed (waived): m"));
    ck_assert_ptr_nonnull(strstr(text, "REG-014 failed (does not decide): m"));
    ck_assert_ptr_nonnull(strstr(text, "TEN-001 is vacuous: the impostor 'echo' satisfies it"));
    ck_assert_ptr_nonnull(strstr(text, "plexconf: it died\n"));
}
END_TEST

/* What a terminal with this environment gets. */
static const char *on_a_terminal(char *const *pairs)
{
    static char text[8192];
    int parent, child;
    ck_assert_int_eq(openpty(&parent, &child, NULL, NULL, NULL), 0);
    FILE *f = fdopen(child, "w");
    struct environment env = with(pairs);
    struct progress *p = progress_create(f, &env, false);
    progress_phase(p, "cases", 7);
    progress_step(p);
    tell(p, failure("m"));
    progress_destroy(p);
    fclose(f);
    /* The terminal hands over what was written piece by piece; EIO: all of it. */
    size_t len = 0;
    ssize_t n;
    while ((n = read(parent, text + len, sizeof(text) - 1 - len)) > 0)
        len += (size_t)n;
    ck_assert_uint_gt(len, 0);
    text[len] = '\0';
    close(parent);
    return text;
}

START_TEST(colour_and_the_line_are_for_terminals_and_no_color_is_obeyed)
{
    char *const plain[] = { "TERM=xterm", "NO_COLOR=1", NULL }, *const colour[] = { "TERM=xterm",
                                                                                    NULL };
    char *const empty[] = { "TERM=xterm", "NO_COLOR=", NULL }, *const dumb[] = { "TERM=dumb",
                                                                                 NULL };
    ck_assert_ptr_nonnull(strstr(on_a_terminal(colour), "\033[31mplexconf: REG-014 failed\033[0m"));
    ck_assert_ptr_nonnull(strstr(on_a_terminal(colour), "cases 0/7, 0 failed"));
    ck_assert_ptr_nonnull(strstr(on_a_terminal(empty), "\033[31m"));
    ck_assert_ptr_null(strstr(on_a_terminal(plain), "\033[31m"));
    ck_assert_ptr_nonnull(strstr(on_a_terminal(plain), "cases 0/7, 0 failed"));
    ck_assert_ptr_null(strchr(on_a_terminal(dumb), '\033'));
    ck_assert_ptr_null(strstr(on_a_terminal(dumb), "cases 0/7"));
}
END_TEST

TESTS("harness/progress", a_failure_has_its_two_lines_and_no_colour_in_a_file,
      a_log_is_told_when_the_impostors_begin_and_end, a_target_cannot_drive_the_terminal,
      what_does_not_decide_says_so, colour_and_the_line_are_for_terminals_and_no_color_is_obeyed)
