#include "drift-gates/secret_boundary/helm_text.h"

#include "common/testing.h"

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"

static struct arena *a;

static struct helm_text scan(const char *text)
{
    struct helm_text t;
    helm_scan(a, BYTES_OF_TEXT(text), &t);
    return t;
}

static const json_t *values(const char *yaml)
{
    json_t *out;
    struct error e;
    ck_assert_msg(yaml_parse(a, yaml, strlen(yaml), &out, &e), "%s", e.text);
    return out;
}

START_TEST(finds_actions_and_their_blocks)
{
    a = arena_create();
    struct helm_text t = scan("{{/* }} in here */}}\n{{- if .Values.a }}\nx: {{ printf \"}}\" }}\n"
                              "{{ else }}\ny: {{ `}}` }}\n{{- end }}\n{{ $x := 1 }}\n");
    ck_assert_msg(t.problem == NULL, "%s", t.problem);
    ck_assert_uint_eq(t.n, 7);
    ck_assert_int_eq(t.actions[0].kind, HELM_QUIET);
    ck_assert_int_eq(t.actions[1].kind, HELM_IF);
    ck_assert_uint_eq(t.actions[1].end, 6);
    ck_assert_str_eq(t.actions[2].text, "printf \"}}\"");
    ck_assert_uint_eq(t.actions[2].parent, 2);
    ck_assert(!t.actions[2].in_else && !t.actions[2].alone);
    ck_assert(t.actions[4].in_else);
    ck_assert_int_eq(t.actions[5].line, 6);
    ck_assert_int_eq(t.actions[6].kind, HELM_QUIET);
    arena_destroy(a);
}
END_TEST

START_TEST(says_what_is_wrong_with_a_text)
{
    a = arena_create();
    ck_assert_str_eq(scan("a\n{{ .x ").problem, "an action that does not end");
    ck_assert_int_eq(scan("a\n{{ .x ").problem_line, 2);
    ck_assert_str_eq(scan("{{ if x }}").problem, "a block without its end");
    ck_assert_str_eq(scan("{{ end }}").problem, "an end without a block");
    struct helm_text t;
    helm_scan(a, (struct bytes){ (const unsigned char *)"a\0b", 3 }, &t);
    ck_assert_str_eq(t.problem, "a NUL byte");
    ck_assert(scan("{{ \"\\").problem != NULL);
    ck_assert(scan("{{").problem != NULL);
    ck_assert(scan("{{/*").problem != NULL);
    arena_destroy(a);
}
END_TEST

static const char *worth(const char *expression)
{
    const json_t *v =
        helm_eval(a, values("{a: {b: x, empty: '', list: [p, q], no: false}, m: 3}"), expression);
    return v == NULL ? "unknown" : json_dump(a, v);
}

START_TEST(expressions_are_worth_what_values_say)
{
    a = arena_create();
    ck_assert_str_eq(worth(".Values.a.b"), "\"x\"");
    ck_assert_str_eq(worth("$.Values.a.b | quote"), "\"x\"");
    ck_assert_str_eq(worth(".Values.a.none"), "null");
    ck_assert_str_eq(worth(".Values.a.b.c"), "null");
    ck_assert_str_eq(worth("default \"d\" .Values.a.empty"), "\"d\"");
    ck_assert_str_eq(worth(".Values.a.no | default true"), "true");
    ck_assert_str_eq(worth("required \"say (\\\"it\\\")\" .Values.a.b"), "\"x\"");
    ck_assert_str_eq(worth("join \" \" .Values.a.list"), "\"p q\"");
    ck_assert_str_eq(worth("first .Values.a.list"), "\"p\"");
    ck_assert_str_eq(worth("and .Values.a.b (not .Values.a.no)"), "true");
    ck_assert_str_eq(worth("or .Values.a.empty .Values.m"), "3");
    ck_assert_str_eq(worth("eq .Values.m 3"), "true");
    ck_assert_str_eq(worth("include \"x\" ."), "unknown");
    ck_assert_str_eq(worth(".Release.Name"), "unknown");
    ck_assert_str_eq(worth("(include \"x\" .).y"), "unknown");
    ck_assert_str_eq(worth(")"), "unknown");
    ck_assert_str_eq(worth(""), "unknown");
    arena_destroy(a);
}
END_TEST

START_TEST(renders_line_by_line)
{
    a = arena_create();
    struct helm_token *tokens = NULL;
    struct helm_text t =
        scan("name: {{ .Values.a.b }}-sync\n"
             "{{- if .Values.off }}\ngone: 1\n{{- else }}\nkept: {{ .Values.a.b | quote }}\n"
             "{{- end }}\nother: {{ include \"n\" . }}\nlist:\n"
             "{{- range .Values.l }}\n- {{ . }}\n{{- end }}\n");
    char *text = helm_render(a, &t, values("{a: {b: x}, l: [one, two]}"), &tokens);
    ck_assert_str_eq(text,
                     "name: x-sync\n\n\n\nkept: \"x\"\n\nother: hlm_0_\nlist:\n\n- hlm_1_\n\n");
    ck_assert_str_eq(helm_shown(a, tokens, "a-hlm_0_"), "a-{{ include \"n\" . }}");
    const char **items = helm_texts(a, tokens, "hlm_1_-sync");
    ck_assert_str_eq(items[0], "one-sync");
    ck_assert_str_eq(items[1], "two-sync");
    ck_assert(items[2] == NULL);
    ck_assert_str_eq(helm_texts(a, tokens, "hlm_9_")[0], "hlm_9_");
    ck_assert_str_eq(helm_shown(a, tokens, "hlm_x hlm_9_"), "hlm_x hlm_9_");
    arena_destroy(a);
}
END_TEST

START_TEST(documents_behind_a_switch_are_kept_and_named)
{
    a = arena_create();
    bool active;
    struct helm_token *tokens = NULL;
    struct helm_text t = scan("{{- if .Values.up }}\nkind: A\n{{- end }}\n---\nkind: B\n");
    ck_assert_str_eq(helm_render(a, &t, values("{up: false}"), &tokens),
                     "\nkind: A\n\n---\nkind: B\n");
    ck_assert_str_eq(helm_document_guard(a, &t, values("{up: false}"), 2, &active),
                     "if .Values.up");
    ck_assert(!active);
    (void)helm_document_guard(a, &t, values("{up: true}"), 2, &active);
    ck_assert(active);
    ck_assert(helm_document_guard(a, &t, values("{}"), 5, &active) == NULL && active);
    arena_destroy(a);
}
END_TEST

START_TEST(names_in_literals_are_no_names)
{
    a = arena_create();
    const char *bare = helm_bare(a, "required \"use .Values.x or required\" .Values.a.b-c");
    ck_assert_str_eq(helm_paths(a, bare)[0], "a.b-c");
    ck_assert(helm_paths(a, bare)[1] == NULL);
    ck_assert(helm_calls(bare, "required"));
    ck_assert(!helm_calls(helm_bare(a, "default \"required\" .x"), "required"));
    arena_destroy(a);
}
END_TEST

TESTS("drift-gates/secret_boundary/helm_text", finds_actions_and_their_blocks,
      says_what_is_wrong_with_a_text, expressions_are_worth_what_values_say, renders_line_by_line,
      documents_behind_a_switch_are_kept_and_named, names_in_literals_are_no_names)
