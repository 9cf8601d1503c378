"""Whether this process may be forked, and what makes forking it cheap."""

import os

def forbidden():
    """Why this process must not be forked, None when it may."""
    threads = len(os.listdir("/proc/self/task"))
    if threads > 1:
        return f"importing its modules started {threads - 1} threads, which a fork would lose"
    for fd in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink("/proc/self/fd/" + fd)
        except OSError:
            continue
        if target.startswith(("/dev/nvidia", "/dev/kfd")):
            return "importing its modules opened a GPU, which a fork cannot use"
    return None


HUGE = 2 << 20
MADV_HUGEPAGE, MADV_COLLAPSE = 14, 25  # madvise(2); the second since Linux 6.1


def enlarge_pages():
    """Moves private memory into huge pages where the kernel lets it: a fork and its end copy and
    drop tables of pages, and take half the time with fewer. What fails stays as it was."""
    try:
        import ctypes

        madvise = ctypes.CDLL(None).madvise
        with open("/proc/self/maps") as f:
            regions = [line.split() for line in f]
    except (ImportError, OSError, AttributeError):
        return
    for words in regions:
        if words[1] != "rw-p" or words[4] != "0" or (len(words) > 5 and words[5] != "[heap]"):
            continue
        begin, end = (int(n, 16) for n in words[0].split("-"))
        begin, end = -(-begin // HUGE) * HUGE, end // HUGE * HUGE
        if begin < end:
            for advice in (MADV_HUGEPAGE, MADV_COLLAPSE):
                madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), advice)
