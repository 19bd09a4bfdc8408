#pragma once

#include <lodger/console/abi.hpp>
#include <lodger/core/wait.hpp>
#include <lodger/ring/bytes.hpp>

namespace lodger::console {

/// The PV console: bytes out, bytes in. Borrows the page and the port that Xen gave the domain.
///
/// Peer: the console daemon, which reads when it likes, or never. Output waits for room, but not
/// for longer than `patience` without any being made: a guest does not hang because nobody looks.
/// Source: xen/include/public/io/console.h.
template <Hypervisor H>
class Console {
    using Memory = H::Memory;

public:
    static constexpr Duration patience = std::chrono::seconds{1};

    Console(H& hypervisor, Page& page, Port port)
        : hypervisor_{hypervisor},
          page_{&page},
          port_{port},
          output_{page.out, page.out_prod, page.out_cons},
          input_{page.in, page.in_cons, page.in_prod}
    {
    }
    Console(Console const&) = delete;
    Console& operator=(Console const&) = delete;

    /// Goes on where Xen has restored the domain: on another port, and maybe page. What nobody had
    /// read may be lost.
    Result<> move(Page& page, Port port)
    {
        page_ = &page;
        port_ = port;
        output_ = {page.out, page.out_prod, page.out_cons};
        input_ = {page.in, page.in_cons, page.in_prod};
        reader_is_gone_ = false;
        hypervisor_.wake(changed_);
        return waiting_ > 0 ? listen() : Result<>{};
    }

    /// Writes all of `text`; each line's end becomes what terminals expect.
    /// @return `timed_out` when nobody reads: from then on only what fits is written, until
    /// somebody does; `protocol` if the reader's index cannot be
    Result<> write(std::string_view text)
    {
        while (!text.empty()) {
            std::size_t const end = std::min(text.find('\n'), text.size());
            LODGER_TRY(put(text.substr(0, end)));
            if (end < text.size())
                LODGER_TRY(put("\r\n"));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return {};
    }

    /// Waits for input and takes what there is.
    /// @param buffer at least one byte
    /// @return how many bytes were read, at least one
    Result<std::size_t> read(std::span<char> buffer, Deadline deadline)
    {
        while (true) {
            std::size_t const count = LODGER_TRY(input_.read(buffer));
            if (count > 0) {
                notify();
                return count;
            }
            LODGER_TRY(wait(deadline));
        }
    }

    /// Waits until everything written has been read.
    /// @return `timed_out` when nobody reads
    Result<> drain()
    {
        while (true) {
            std::size_t const space = LODGER_TRY(output_.space());
            if (space == sizeof page_->out)
                return {};
            LODGER_TRY(wait_for_reader(space));
        }
    }

private:
    Result<> put(std::string_view bytes)
    {
        while (!bytes.empty()) {
            std::size_t const count = LODGER_TRY(output_.write(bytes));
            bytes.remove_prefix(count);
            if (count > 0) {
                reader_is_gone_ = false;
                notify();
            } else if (reader_is_gone_) {
                return Failure{Errc::timed_out};
            } else {
                LODGER_TRY(wait_for_reader(0));
            }
        }
        return {};
    }

    /// Waits until the reader has read anything; not at all if the page says that there is none.
    /// @param before the space that was found wanting; were it looked up here, the reader might
    /// have read all of it by then, and there would be nothing to wait for
    Result<> wait_for_reader(std::size_t before)
    {
        if (Memory::load_relaxed(connection_of(*page_)) == disconnected)
            return Failure{Errc::timed_out};
        Deadline const deadline = after(hypervisor_, patience);
        while (LODGER_TRY(output_.space()) == before) {
            auto const waited = wait(deadline);
            reader_is_gone_ = !waited && waited.error() == Errc::timed_out;
            LODGER_TRY(waited);
        }
        return {};
    }

    /// Waits for an event, to which nobody listens else: each port that is listened to costs Xen
    /// some hundred instructions whenever the guest goes to sleep (xen/common/sched/core.c,
    /// do_poll).
    Result<> wait(Deadline deadline)
    {
        if (waiting_ == 0)
            LODGER_TRY(listen());
        ++waiting_;
        auto const waited = lodger::wait(hypervisor_, changed_, deadline);
        if (--waiting_ == 0)
            hypervisor_.unlisten(port_);
        return waited;
    }

    Result<> listen() { return hypervisor_.listen(port_, Listener::of<&Console::on_event>(*this)); }

    void notify()
    {
        // Fails only when the daemon's end is gone, and then there is nobody to tell.
        static_cast<void>(hypervisor_.notify(port_));
    }

    void on_event() { hypervisor_.wake(changed_); }

    H& hypervisor_;
    Page* page_;
    Port port_;
    ring::ByteProducer<Memory> output_;
    ring::ByteConsumer<Memory> input_;
    WaitQueue changed_;
    unsigned waiting_ = 0;
    bool reader_is_gone_ = false;
};

} // namespace lodger::console
