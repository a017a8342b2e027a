# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import os
import signal
import threading

import pytest

from mmhvr.utils.interrupts import interrupts_later


@pytest.fixture(autouse=True)
def ctrl_c():
    """Both signals raise, as in the console command."""
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(k, signal.default_int_handler) for k in kinds]
    yield
    for kind, handler in zip(kinds, before):
        signal.signal(kind, handler)


@pytest.mark.parametrize('kind', [signal.SIGINT, signal.SIGTERM])
def test_the_block_is_finished_first(kind):
    done = []
    with pytest.raises(KeyboardInterrupt):
        with interrupts_later():
            with interrupts_later():
                os.kill(os.getpid(), kind)
                done.append('inner')
            done.append('outer')
        done.append('after')
    assert done == ['inner', 'outer']
    assert signal.getsignal(kind) is signal.default_int_handler


def test_without_a_signal_nothing_happens():
    with interrupts_later():
        pass
    with pytest.raises(ZeroDivisionError), interrupts_later():
        1 / 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_in_another_thread_it_does_nothing():
    seen = []

    def work():
        with interrupts_later():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
