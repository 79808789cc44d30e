/* common/embed.h — a file's bytes inside the program.
 *
 *     EMBED(env_rules, ENV_RULES_FILE);     // the build gives the path as a string
 *     struct bytes text = EMBEDDED(env_rules);
 *
 * The assembler reads the file: CMake's OBJECT_DEPENDS must name it. A NUL follows the bytes. */
#ifndef COMMON_EMBED_H
#define COMMON_EMBED_H

#include "common/base.h"

#define EMBED(name, file)                                                                          \
    __asm__(".section .rodata\n"                                                                   \
            ".balign 16\n"                                                                         \
            ".globl embedded_" #name "\n"                                                          \
            ".hidden embedded_" #name "\n"                                                         \
            "embedded_" #name ":\n"                                                                \
            ".incbin \"" file "\"\n"                                                               \
            ".globl embedded_" #name "_end\n"                                                      \
            ".hidden embedded_" #name "_end\n"                                                     \
            "embedded_" #name "_end:\n"                                                            \
            ".byte 0\n"                                                                            \
            ".previous\n");                                                                        \
    extern const unsigned char embedded_##name[] __attribute__((visibility("hidden")));            \
    extern const unsigned char embedded_##name##_end[] __attribute__((visibility("hidden")))

#define EMBEDDED(name)                                                                             \
    ((struct bytes){ embedded_##name, (size_t)(embedded_##name##_end - embedded_##name) })

#endif
