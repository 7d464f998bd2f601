// Planted: bugs that are switched on by hand, to see that the simulator finds them. Only a build
// with SIDECAR_PLANTED_BUGS has them: in what is shipped Planted() is constant, and nothing of them
// is left. One thread.
#pragma once

namespace amqp_sidecar::base {

enum class PlantedBug {
  kNone,
  kDoneBitDropped,  // an ack out of order is forgotten, and counts again in a later `multiple`
  kNumberReusedTooEarly,  // a channel number is given out before the broker's close-ok
  kCloseAnsweredTwice,    // a repeated channel.close gets another close-ok
  kStaleTagSettled,       // an id of an earlier incarnation is settled by its tag
  kRepublishForgotten,    // what was unconfirmed when the link went is not published again
  kArrivalForgotten,      // what is published again fails as if it had been the first time
  kLostMoveAcked,         // a message that could not be moved is acked as if it had been
  kOwnExpirationKept,     // a message waits no longer than it would have lived
  kWaitRoundedDown,       // a wait is rounded to less than was asked
  kAttemptsForgotten,     // attempts before a wait do not count
};

#ifdef SIDECAR_PLANTED_BUGS
inline PlantedBug planted_bug = PlantedBug::kNone;
inline bool Planted(PlantedBug bug) { return planted_bug == bug; }
#else
constexpr bool Planted(PlantedBug) { return false; }
#endif

}  // namespace amqp_sidecar::base
