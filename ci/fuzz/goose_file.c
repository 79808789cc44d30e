/* Fuzz target: whatever a migration file holds, it is read or refused in one line, and what is read
 * comes from the file. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "reference/plexsphere/store/goose_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_section(const struct goose_section *s, const char *text, size_t size)
{
    int line = 0;
    for (size_t i = 0; i < s->n; i++) {
        size_t len = strlen(s->statements[i].sql);
        require(len > 0);
        require(memmem(text, size, s->statements[i].sql, len) != NULL);
        require(s->statements[i].line >= line); /* in the file's order */
        line = s->statements[i].line;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct goose_file file;
    char *text = arena_strndup(a, (const char *)data, size);
    if (goose_parse(a, "fuzz.sql", (struct bytes){ data, size }, &file, &e)) {
        require(e.text[0] == '\0');
        check_section(&file.up, text, size);
        check_section(&file.down, text, size);
    } else {
        require(e.text[0] != '\0' && strchr(e.text, '\n') == NULL);
    }
    int64_t version;
    if (goose_version_of_name(text, &version))
        require(version > 0);
    arena_destroy(a);
    return 0;
}
