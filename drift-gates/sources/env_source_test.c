/* Small sources of each language: what is read in them, and what only looks like it. Every line of
 * a refusal has its accepted twin beside it. A row's `reads` are "NAME" (value), "NAME?"
 * (presence), "NAME~" (computed) and "@" (the whole environment), in the order of the source. */
#include "common/testing.h"

#include "common/buffer.h"
#include "common/text.h"
#include "drift-gates/sources/env_source.h"

struct sample {
    enum language language;
    const char *source, *reads;
};

static const char *summary(struct arena *a, struct env_source *s)
{
    static const char *const marks[] = {
        [READ_VALUE] = "", [READ_PRESENCE] = "?", [READ_COMPUTED] = "~", [READ_WHOLE] = ""
    };
    struct buffer b;
    buffer_init_arena(&b, 65536, a);
    for (size_t i = 0; i < s->n; i++) {
        const struct env_read *r = &s->rows[i].read;
        buffer_printf(&b, "%s%s%s", i == 0 ? "" : " ", r->shape == READ_WHOLE ? "@" : r->name,
                      marks[r->shape]);
    }
    return b.data;
}

static void check(const struct sample *samples, size_t n)
{
    struct arena *a = arena_create();
    struct error e = { .text = "" };
    struct env_rules *rules;
    struct env_source s = { .arena = a };
    ck_assert_msg(env_rules_make(a, NULL, &rules, &e), "%s", e.text);
    s.rules = rules;
    for (size_t i = 0; i < n; i++) {
        bool whole =
            env_source_read(&s, "x", samples[i].language, BYTES_OF_TEXT(samples[i].source), &e);
        ck_assert_msg(whole, "%s: %s", samples[i].source, e.text);
        const char *got = summary(a, &s);
        ck_assert_msg(text_equal(got, samples[i].reads), "%s\nreads '%s', expected '%s'",
                      samples[i].source, got, samples[i].reads);
    }
    env_source_release(&s);
    arena_destroy(a);
}

START_TEST(c_sources)
{
    static const struct sample samples[] = {
        { LANGUAGE_C, "void f(void) { getenv(\"A\"); }", "A" },
        { LANGUAGE_C, "void f(void) { /* getenv(\"A\") */ }", "" },
        { LANGUAGE_C, "void f(void) { x(); // getenv(\"A\")\n }", "" },
        { LANGUAGE_C, "void f(void) { x(); // \\\n getenv(\"A\")\n }", "" },
        { LANGUAGE_C, "void f(void) { puts(\"getenv(\\\"A\\\")\"); }", "" },
        { LANGUAGE_C, "void f(void) { char c = '\"'; getenv(\"A\"); c = '\"'; }", "A" },
        { LANGUAGE_C, "void f(void) { getenv(\"PLEX\" \"SPHERE_\"\n \"DSN\"); }",
          "PLEXSPHERE_DSN" },
        { LANGUAGE_C, "void f(void) { getenv(\"A\\\nB\"); }", "AB" },
        { LANGUAGE_C, "#define N \"A\" \"_B\"\nvoid f(void) { getenv(N); }", "A_B" },
        { LANGUAGE_C, "static const char n[] = \"A\";\nvoid f(void) { getenv(n); }", "A" },
        { LANGUAGE_C, "static char n[] = \"A\";\nvoid f(void) { n[0] = 1; getenv(n); }", "*~" },
        { LANGUAGE_C, "void f(void) { const char *n = \"A\"; n = \"B\"; getenv(n); }", "*~" },
        { LANGUAGE_C, "void f(const char *n) { getenv(n); }", "*~" },
        { LANGUAGE_C,
          "static int g(const char *n) { return !!getenv(n); }\n"
          "void f(void) { g(\"A\"); g(\"B\"); }",
          "A? B?" },
        { LANGUAGE_C,
          "static char *g(const char *n) { return getenv(n); }\n"
          "void f(void) { g(\"A\"); h(g); }",
          "*~ A" },
        { LANGUAGE_C, "#define G(x) getenv(x)\nvoid f(void) { G(\"A\"); }", "A" },
        { LANGUAGE_C,
          "#if 0\nvoid f(void) { getenv(\"A\"); it's }\n#else\n"
          "void f(void) { getenv(\"B\"); }\n#endif",
          "B" },
        { LANGUAGE_C,
          "#if 1\nvoid f(void) { getenv(\"A\"); }\n#else\n"
          "void f(void) { getenv(\"B\"); }\n#endif",
          "A" },
        { LANGUAGE_C,
          "#if X\nvoid f(void) { getenv(\"A\"); }\n#else\n"
          "void f(void) { getenv(\"B\"); }\n#endif",
          "A B" },
        { LANGUAGE_C, "char *getenv(const char *name);", "" },
        { LANGUAGE_C, "void f(void) { p->getenv(\"A\"); }", "" },
        { LANGUAGE_C, "void f(void) { if (getenv(\"A\")) x(getenv(\"B\")); }", "A? B" },
        { LANGUAGE_C, "void f(void) { if (getenv(\"A\") == NULL || y) z(); }", "A?" },
    };
    check(samples, ARRAY_LEN(samples));
}
END_TEST

#define GO "package x\nimport \"os\"\n"

START_TEST(go_sources)
{
    static const struct sample samples[] = {
        { LANGUAGE_GO, GO "func f() { os.Getenv(\"A\") }", "A" },
        { LANGUAGE_GO, "package x\nfunc f(os T) { os.Getenv(\"A\") }", "" },
        { LANGUAGE_GO, GO "func f(os T) { os.Getenv(\"A\") }", "" },
        { LANGUAGE_GO, GO "func f() { os.Getenv(\"A\"); if x { os := 1; g(os) } }", "A" },
        { LANGUAGE_GO, "package x\nimport o \"os\"\nfunc f() { o.Getenv(\"A\"); os.Getenv(\"B\") }",
          "A" },
        { LANGUAGE_GO, "package x\nimport . \"os\"\nfunc f() { Getenv(\"A\") }", "A" },
        { LANGUAGE_GO, GO "func f() { os.Getenv(`A`); g(`os.Getenv(\"B\")`) }", "A" },
        { LANGUAGE_GO, GO "// os.Getenv(\"A\")\nfunc f() { /* os.Getenv(\"B\") */ }", "" },
        { LANGUAGE_GO, GO "func f() { os.Getenv(\"A\" +\n\t\"B\") }", "AB" },
        { LANGUAGE_GO,
          GO "const (\n\tp = \"A_\"\n\tn = p + \"B\"\n\tm\n)\n"
             "func f() { os.Getenv(n); os.Getenv(m) }",
          "A_B A_B" },
        { LANGUAGE_GO, GO "func f() { n := \"A\"; n += \"B\"; os.Getenv(n) }", "*~" },
        { LANGUAGE_GO, GO "func f() { _, ok := os.LookupEnv(\"A\"); v, ok := os.LookupEnv(\"B\") }",
          "A? B" },
        { LANGUAGE_GO, GO "func f() { if strings.TrimSpace(os.Getenv(\"A\")) == \"\" {} }", "A?" },
        { LANGUAGE_GO, GO "func f() { if os.Getenv(\"A\") == \"true\" {} }", "A" },
        { LANGUAGE_GO, GO "func f() { g := os.Getenv; g(\"A\") }", "A" },
        { LANGUAGE_GO, GO "func f() { h(os.Getenv) }", "*~" },
        { LANGUAGE_GO, GO "func f() { h(os.Environ()) }", "@" },
        { LANGUAGE_GO, GO "func f() { os.ExpandEnv(\"$A/${B}\") }", "A B" },
        { LANGUAGE_GO, GO "func g(k string) string { return os.Getenv(\"P_\" + k) }", "P_*~" },
    };
    check(samples, ARRAY_LEN(samples));
}
END_TEST

START_TEST(python_sources)
{
    static const struct sample samples[] = {
        { LANGUAGE_PYTHON, "import os\nos.getenv('A')\nos.environ['B']\nos.environ.get('C', 1)\n",
          "A B C" },
        { LANGUAGE_PYTHON, "os.getenv('A')\n", "" },
        { LANGUAGE_PYTHON,
          "import os as o\nfrom os import environ as e, getenv as g\n"
          "o.getenv('A'); e['B']; g('C')\n",
          "A B C" },
        { LANGUAGE_PYTHON, "import os\nos.environ['A'] = 'x'\ndel os.environ['B']\n", "" },
        { LANGUAGE_PYTHON, "import os\nif 'A' in os.environ and 'B' not in os.environ: pass\n",
          "A? B?" },
        { LANGUAGE_PYTHON, "import os\nfor k in os.environ: pass\n", "@" },
        { LANGUAGE_PYTHON, "import os\nr'''os.getenv('A')'''\n# os.getenv('B')\nos.getenv(r'C')\n",
          "C" },
        { LANGUAGE_PYTHON, "import os\nP = 'A_'\nos.getenv(P + 'B')\nos.getenv(f'{P}C')\n",
          "A_B A_C" },
        { LANGUAGE_PYTHON, "import os\nos.getenv(f'A_{x}')\n", "A_*~" },
        { LANGUAGE_PYTHON, "import os\nos.getenv('A'\n  'B')\n", "AB" },
        { LANGUAGE_PYTHON, "import os\nprint(f\"{os.environ['A']!r:>{w}} {{os.getenv('B')}}\")\n",
          "A" },
        { LANGUAGE_PYTHON, "import os\ndef _g(k):\n  return os.environ[k]\ndef f():\n  _g('A')\n",
          "A" },
        { LANGUAGE_PYTHON, "import os\ndef g(k):\n  return os.environ[k]\ng('A')\n", "*~ A" },
        { LANGUAGE_PYTHON, "import os\nenv = os.environ\nenv['A']\n", "A" },
        { LANGUAGE_PYTHON, "from os import environ\ndef f(environ): environ['A']\n", "" },
        { LANGUAGE_PYTHON, "import os\nif os.getenv('A'):\n  os.getenv('B')\n", "A? B" },
    };
    check(samples, ARRAY_LEN(samples));
}
END_TEST

START_TEST(javascript_sources)
{
    static const struct sample samples[] = {
        { LANGUAGE_JAVASCRIPT, "f(process.env.A, process.env[\"B\"], process.env?.C)", "A B C" },
        { LANGUAGE_JAVASCRIPT, "process.env.A = 1; delete process.env.B; x.process.env.C", "" },
        { LANGUAGE_JAVASCRIPT, "const { A, B: b, ...r } = process.env", "@ A B" },
        { LANGUAGE_JAVASCRIPT, "const { env } = process; env.A", "A" },
        { LANGUAGE_JAVASCRIPT, "import { env as e } from 'node:process'\ne.A; env.B", "A" },
        { LANGUAGE_JAVASCRIPT, "const p = require('process'); p.env.A", "A" },
        { LANGUAGE_JAVASCRIPT, "f('process.env.A', /process.env.B/, `process.env.C`)", "" },
        { LANGUAGE_JAVASCRIPT, "f(4 / 2, process.env.A / 2)", "A" },
        { LANGUAGE_JAVASCRIPT, "f(`x${process.env.A}y${`${process.env.B}`}`)", "A B" },
        { LANGUAGE_JAVASCRIPT, "const P = 'A_'; process.env[P + 'B']; process.env[`${P}C`]",
          "A_B A_C" },
        { LANGUAGE_JAVASCRIPT, "process.env[`A_${x}`]; process.env[k]", "*~ A_*~" },
        { LANGUAGE_JAVASCRIPT, "if (!process.env.A && process.env.B === 'x') {}", "A? B" },
        { LANGUAGE_JAVASCRIPT, "'A' in process.env; f(process.env)", "@ A?" },
        { LANGUAGE_JAVASCRIPT, "const g = (k: string) => process.env[k]; g('A')", "A" },
        { LANGUAGE_JAVASCRIPT, "export const g = (k) => process.env[k]; g('A')", "*~ A" },
        { LANGUAGE_JAVASCRIPT, "import.meta.env.A; Deno.env.get('B'); Deno.env.has('C')",
          "A B C?" },
        { LANGUAGE_JAVASCRIPT, "const x = <p>Don't {process.env.A}</p>", "A" },
        { LANGUAGE_JAVASCRIPT, "// process.env.A\n/* process.env.B */", "" },
        { LANGUAGE_JAVASCRIPT, "function f(process) { process.env.A }", "" },
    };
    check(samples, ARRAY_LEN(samples));
}
END_TEST

START_TEST(shell_sources)
{
    static const struct sample samples[] = {
        { LANGUAGE_SHELL, "echo $A \"${B}\" \"${C:-x}\" '$D' \\$E \"\\$F\"\n", "A B C" },
        { LANGUAGE_SHELL, "# $A\necho a#$B\n", "B" },
        { LANGUAGE_SHELL, "A=1\necho $A $B\n", "B" },
        { LANGUAGE_SHELL, "A=${A:-x}\necho $A\n", "A" },
        { LANGUAGE_SHELL, "A=1 cmd\necho $A\n", "A" },
        { LANGUAGE_SHELL, "cat <<E\n$A\nE\ncat <<'E'\n$B\nE\necho $C\n", "A C" },
        { LANGUAGE_SHELL, "echo $((A + $B * 2)) $(echo $C) `echo $D`\n", "A B C D" },
        { LANGUAGE_SHELL, ": \"${A:?no}\"; [ -z \"$B\" ] || echo ${C+set} ${D:?no}\n",
          "A? B? C? D" },
        { LANGUAGE_SHELL, "f() { local a=$B; echo $a $C $1; }\nC=1\n", "B" },
        { LANGUAGE_SHELL, "for i in $A; do echo $i; done; read -r x; echo $x $PWD\n", "A" },
        { LANGUAGE_SHELL, "x=$(case $A in y) echo $B;; esac); echo $x\n", "A B" },
        { LANGUAGE_SHELL, "printenv A; echo ${!B}\n", "A *~" },
        { LANGUAGE_SHELL, "export A=\"$A:x\" B=2; echo $A $B\n", "A" },
    };
    check(samples, ARRAY_LEN(samples));
}
END_TEST

/* What is no source of its language is told, with the line, and what stands beside it is read. */
START_TEST(faults_are_told_and_the_rest_is_read)
{
    static const struct {
        enum language language;
        const char *source, *fault, *reads;
    } rows[] = {
        { LANGUAGE_C, "void f(void) {\n x(\"a);\n getenv(\"A\"); }", "line 2: a string has no end",
          "A" },
        { LANGUAGE_C, "int a;\n/* getenv(\"A\")", "line 2: a comment has no end", "" },
        { LANGUAGE_C, "void f(void) {\n getenv(\"A\");", "line 1: a brace has no end", "" },
        { LANGUAGE_GO, GO "func f() { os.Getenv(\"A\")\n x(`b)", "line 4: a string has no end",
          "A" },
        { LANGUAGE_PYTHON, "import os\nx = 'a\nos.getenv('A')\n", "line 2: a string has no end",
          "A" },
        { LANGUAGE_PYTHON, "import os\nos.getenv('A')\n'''\n", "line 3: a string has no end", "A" },
        { LANGUAGE_JAVASCRIPT, "process.env.A;\n`${", "line 2: a template has no end", "A" },
        { LANGUAGE_SHELL, "echo $A\ncat <<E\n$B\n", "line 3: a here-document has no end", "A B" },
    };
    struct arena *a = arena_create();
    struct error e = { .text = "" };
    struct env_rules *rules;
    struct env_source s = { .arena = a };
    ck_assert(env_rules_make(a, NULL, &rules, &e));
    s.rules = rules;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ck_assert_msg(!env_source_read(&s, "x", rows[i].language, BYTES_OF_TEXT(rows[i].source),
                                       &e),
                      "%s", rows[i].source);
        ck_assert_str_eq(e.text, rows[i].fault);
        ck_assert_str_eq(summary(a, &s), rows[i].reads);
    }
    struct bytes nul = { (const unsigned char *)"int a;\0", 7 };
    ck_assert(!env_source_read(&s, "x", LANGUAGE_C, nul, &e));
    ck_assert_str_eq(e.text, "line 1: holds NUL bytes: no source text");
    env_source_release(&s);
    arena_destroy(a);
}
END_TEST

TESTS("drift-gates/env_source", c_sources, go_sources, python_sources, javascript_sources,
      shell_sources, faults_are_told_and_the_rest_is_read)
