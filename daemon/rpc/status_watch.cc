#include "rpc/status_watch.h"

#include <google/protobuf/timestamp.pb.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_stream.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "amqp_sidecar/v1/status.grpc.pb.h"
#include "rpc/client_channel.h"
#include "rpc/delivery_printer.h"
#include "rpc/status_text.h"
#include "rpc/status_words.h"

namespace amqp_sidecar::rpc {
namespace {

constexpr auto kStopCheck = std::chrono::milliseconds(200);
constexpr auto kConnectTime = std::chrono::seconds(1);
constexpr auto kLeastSilence = std::chrono::seconds(3);

// Of the terminal: to the first line, and what is left of a line, or of the screen, away.
constexpr char kHome[] = "\x1b[H";
constexpr char kEraseLine[] = "\x1b[K\n";
constexpr char kEraseBelow[] = "\x1b[J";

std::string TimeNow() {
  google::protobuf::Timestamp now;
  now.set_seconds(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
  return TimeText(now);
}

}  // namespace

std::string NoSidecarText(const std::string& address) {
  return absl::StrCat("no sidecar at ", Escaped(address, ""),
                      ": is it running, and is this the address that it listens on? "
                      "`amqp-sidecar doctor` looks closer");
}

std::string NoStatusText(const std::string& address, const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return absl::StrCat("the sidecar at ", Escaped(address, ""),
                        " has no StatusService: it is older than this command");
  }
  const CallFailure failure = ReadFailure(status);
  return absl::StrCat("no status from ", Escaped(address, ""), ": ", failure.reason, ": ",
                      Escaped(failure.detail, ""));
}

StatusWatch::StatusWatch(const StatusCommand& command, std::shared_ptr<grpc::Channel> channel,
                         const std::atomic<bool>& stop, std::ostream& out, std::ostream& err)
    : command_(command), channel_(std::move(channel)), stop_(stop), out_(out), err_(err) {}

int StatusWatch::Run() {
  while (!Stopping()) {
    const grpc::Status ended = Stream();
    if (Stopping()) break;
    if (!answered_ || ended.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
      err_ << NoStatusText(command_.address, ended) << std::endl;
      return 1;
    }
    Note(absl::StrCat("the sidecar at ", Escaped(command_.address, ""), " went away: ",
                      Escaped(ReadFailure(ended).detail, ""), "; waiting for it to return"));
    if (!Reconnect()) break;
  }
  return failed_ ? 1 : 0;
}

grpc::Status StatusWatch::Stream() {
  const auto stub = v1::StatusService::NewStub(channel_);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  v1::WatchStatusRequest request;
  const auto interval = command_.interval;
  request.mutable_interval()->set_seconds(interval.count() / 1000);
  request.mutable_interval()->set_nanos(static_cast<int32_t>(interval.count() % 1000 * 1'000'000));
  heard_ = Clock::now();
  // Until the operation that is under way is done; the call is cancelled where it is to stop.
  const auto wait = [&] {
    void* tag = nullptr;
    bool ok = false;
    while (queue.AsyncNext(&tag, &ok, std::chrono::system_clock::now() + kStopCheck) ==
           grpc::CompletionQueue::TIMEOUT) {
      if (Stopping()) context.TryCancel();
      NoteSilence();
    }
    if (Stopping()) context.TryCancel();
    return ok;
  };
  const auto reader = stub->AsyncWatchStatus(&context, request, &queue, nullptr);
  bool open = wait();
  v1::WatchStatusResponse response;
  while (open && !Stopping()) {
    reader->Read(&response, nullptr);
    open = wait();
    if (open && !Stopping()) Show(response.status());
  }
  grpc::Status status;
  reader->Finish(&status, nullptr);
  wait();
  queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {
  }
  return status;
}

bool StatusWatch::Reconnect() {
  while (true) {
    // One that shuts down takes the call and ends it at once.
    std::this_thread::sleep_for(kStopCheck);
    if (Stopping()) return false;
    channel_ = ConnectTo(command_.address, std::chrono::system_clock::now() + kConnectTime);
    if (channel_ != nullptr) return true;
  }
}

void StatusWatch::Show(const v1::SidecarStatus& status) {
  if (away_) {
    away_ = false;
    if (!command_.terminal) {
      err_ << TimeNow() << " the sidecar at " << Escaped(command_.address, "") << " answers again"
           << std::endl;
    }
  }
  const WallTime now = std::chrono::system_clock::now();
  heard_ = Clock::now();
  if (command_.json) {
    out_ << StatusJson(status) << std::flush;
  } else if (command_.terminal) {
    const TerminalSize size = command_.terminal();
    // The last line stays free: the cursor is there.
    Draw(StatusScreen(status, now, std::max<size_t>(size.lines, 2) - 1, size.columns));
  } else {
    out_ << (answered_ ? "\n" : "") << StatusText(status, now) << std::flush;
  }
  answered_ = true;
  if (out_) return;
  failed_ = true;
  err_ << "the output takes no more" << std::endl;
}

void StatusWatch::NoteSilence() {
  const auto silence = Clock::now() - heard_;
  if (away_ || silence < std::max<Clock::duration>(3 * command_.interval, kLeastSilence)) return;
  Note(absl::StrCat("the sidecar at ", Escaped(command_.address, ""),
                    " says nothing: it is stopped or stuck; waiting for it"));
}

void StatusWatch::Note(const std::string& text) {
  if (std::exchange(away_, true)) return;
  const std::string line = absl::StrCat(TimeNow(), " ", text, "\n");
  if (command_.terminal && !command_.json) return Draw(line);
  err_ << line << std::flush;
}

void StatusWatch::Draw(const std::string& text) {
  out_ << kHome << absl::StrReplaceAll(text, {{"\n", kEraseLine}}) << kEraseBelow << std::flush;
}

}  // namespace amqp_sidecar::rpc
