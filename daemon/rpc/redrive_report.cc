#include "rpc/redrive_report.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"
#include "rpc/delivery_printer.h"

namespace amqp_sidecar::rpc {
namespace {

constexpr auto kProgressEvery = std::chrono::seconds(1);

std::string TargetJson(const std::string& message_id, const RedriveTarget& target) {
  google::protobuf::Struct object;
  auto& fields = *object.mutable_fields();
  fields["message_id"].set_string_value(message_id);
  fields["exchange"].set_string_value(target.exchange);
  fields["routing_key"].set_string_value(target.routing_key);
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(object, &json);
  return json;
}

std::string TargetText(const std::string& message_id, const RedriveTarget& target) {
  std::string line;
  AppendField(line, "message_id", message_id);
  AppendField(line, "exchange", target.exchange);
  AppendField(line, target.exchange.empty() ? "queue" : "routing_key", target.routing_key);
  return line;
}

}  // namespace

RedriveReport::RedriveReport(const RedriveCommand& command, uint64_t limit, std::ostream& out,
                             std::ostream& err)
    : command_(command),
      limit_(limit),
      out_(out),
      err_(err),
      next_progress_(Clock::now() + kProgressEvery) {}

bool RedriveReport::Where(const std::string& message_id, const RedriveTarget& target) {
  out_ << (command_.json ? TargetJson(message_id, target) : TargetText(message_id, target))
       << std::endl;
  return static_cast<bool>(out_);
}

void RedriveReport::NotMoved(const std::string& message_id, const std::string& why) {
  Line(command_.dry_run ? "would not be moved" : "not moved", message_id, why);
}

void RedriveReport::Unknown(const std::string& message_id, const std::string& why) {
  Line("not known whether moved", message_id, why);
}

void RedriveReport::Line(const char* what, const std::string& message_id, const std::string& why) {
  std::string name;
  AppendField(name, "message_id", message_id);
  if (name.empty()) name = "a message without message_id";
  err_ << what << ": " << name << ": " << Escaped(why, "") << std::endl;
}

void RedriveReport::Note(const std::string& text) { err_ << Escaped(text, "") << std::endl; }

uint64_t RedriveReport::Done(const RedriveLedger::Figures& figures) const {
  return figures.moved + figures.shown;
}

void RedriveReport::Progress(const RedriveLedger::Figures& figures, Clock::time_point now) {
  if (command_.dry_run || now < next_progress_ || Done(figures) == told_) return;
  next_progress_ = now + kProgressEvery;
  told_ = Done(figures);
  err_ << "moved " << told_ << " of " << limit_ << std::endl;
}

void RedriveReport::End(const RedriveLedger::Figures& figures, size_t owed) {
  const uint64_t done = Done(figures);
  const uint64_t left = limit_ - done - figures.failed - figures.unknown;
  if (owed > 0) {
    Note(absl::StrCat(owed, " of those moved may be in ", command_.rule.from,
                      " still: their acknowledgement did not count"));
  }
  err_ << (command_.dry_run ? "would be moved " : "moved ") << done << ", failed " << figures.failed
       << ", unknown " << figures.unknown << ", left " << left << std::endl;
  if (!command_.json) return;
  out_ << (command_.dry_run ? "{\"would_be_moved\":" : "{\"moved\":") << done
       << ",\"failed\":" << figures.failed << ",\"unknown\":" << figures.unknown
       << ",\"left\":" << left << "}" << std::endl;
}

}  // namespace amqp_sidecar::rpc
