#include "harness/impostor.h"

#include <string.h>

#include "common/testing.h"
#include "harness/http_client.h"
#include "harness/profile.h"
#include "harness/worker.h"

static struct arena *a;
static struct http_answer answer;

static enum http_result ask(int impostor, const char *expect)
{
    static const struct profile profile = { .timeout_ms = 1000 };
    struct error e;
    const struct http_header headers[] = {
        { IMPOSTOR_HEADER, arena_printf(a, "%d", impostor) },
        { "Content-Type", "application/special" },
        { IMPOSTOR_EXPECT_HEADER, expect },
    };
    struct http_request rq = { .method = "POST",
                               .url = arena_printf(a, "%s/v1/x", impostor_url(impostor)),
                               .headers = headers,
                               .n_headers = expect == NULL ? 2 : 3,
                               .body = BYTES_OF_TEXT("{\"say\":\"it\"}"),
                               .has_body = true,
                               .timeout_ms = 1000 };
    struct http_client *client = http_client_create(&profile, NULL);
    enum http_result result = http_send(client, a, &rq, &answer, &e);
    http_client_destroy(client);
    return result;
}

static void answers(int impostor, const char *expect, int status, const char *media_type,
                    const char *body)
{
    ck_assert_int_eq(ask(impostor, expect), HTTP_ANSWERED);
    ck_assert_int_eq(answer.status, status);
    const char *came = http_answer_header(&answer, "Content-Type");
    ck_assert_str_eq(came == NULL ? "(none)" : came, media_type);
    ck_assert_str_eq((const char *)answer.body.data, body);
}

START_TEST(there_is_none_before_it_starts)
{
    for (int i = IMPOSTOR_CLOSED; i <= IMPOSTOR_LAST; i++)
        ck_assert_ptr_null(impostor_url(i));
    impostor_stop();
}
END_TEST

START_TEST(each_kind_answers_in_its_way)
{
    struct error e = { "" };
    a = arena_create();
    ck_assert_msg(impostor_start(&e), "%s", e.text);
    ck_assert(impostor_start(&e)); /* a second call changes nothing */
    ck_assert_int_eq(ask(IMPOSTOR_CLOSED, NULL), HTTP_UNREACHABLE);
    answers(IMPOSTOR_EMPTY_200, "201", 200, "(none)", "");
    answers(IMPOSTOR_500, "201", 500, "(none)", "");
    answers(IMPOSTOR_501, "201", 501, "text/plain", "");
    answers(IMPOSTOR_ECHO, "201", 200, "application/special", "{\"say\":\"it\"}");
    answers(IMPOSTOR_RIGHT_STATUS, "201", 201, "application/json", "{}");
    answers(IMPOSTOR_RIGHT_STATUS, "403", 403, "application/problem+json", "{}");
    answers(IMPOSTOR_RIGHT_STATUS, "204", 204, "(none)", "");
    answers(IMPOSTOR_RIGHT_STATUS, NULL, 200, "application/json", "{}");
    answers(IMPOSTOR_RIGHT_STATUS, "9999", 200, "application/json", "{}");
    impostor_stop();
    ck_assert_ptr_null(impostor_url(IMPOSTOR_ECHO));
    arena_destroy(a);
}
END_TEST

TESTS("harness/impostor", there_is_none_before_it_starts, each_kind_answers_in_its_way)
