/* harness/exit_code.h — what plexconf's commands end with (SPEC RUN). When several apply, 3 is
 * taken before 1 and 1 before 4. */
#ifndef HARNESS_EXIT_CODE_H
#define HARNESS_EXIT_CODE_H

enum exit_code {
    EXIT_CONFORMANT = 0,
    EXIT_TARGET_FAILED = 1, /* a gate: findings */
    EXIT_USAGE = 2,
    EXIT_BROKEN = 3, /* harness or rig broken, or a case is vacuous; a gate could not finish */
    EXIT_STALE = 4,  /* a waiver or a baseline does not hold any more */
    EXIT_NOTHING = 77,
    EXIT_INTERRUPTED = 130,
};

#endif
