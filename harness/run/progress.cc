#include "harness/run/progress.h"

#include <sys/ioctl.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/result/printable.h"

namespace cfgtorture::run {
namespace {

constexpr double kSilentStart = 2, kTerminalInterval = 1, kOtherInterval = 15;  // seconds

unsigned TerminalWidth(std::FILE* stream) {
  winsize size{};
  if (stream != nullptr && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace

ProgressLine::ProgressLine(std::FILE* stream, bool is_terminal, unsigned width)
    : stream_(stream), terminal_(is_terminal), width_(width != 0 ? width : TerminalWidth(stream)) {}

ProgressLine::~ProgressLine() { Wipe(); }

void ProgressLine::Wipe() {
  if (stream_ == nullptr || !terminal_ || !shown_) return;
  std::fputs("\r\x1b[K", stream_);
  std::fflush(stream_);
  shown_ = false;
}

bool ProgressLine::Due(double now_s) const {
  if (stream_ == nullptr) return false;
  if (!terminal_) return now_s - last_s_ >= kOtherInterval;
  return now_s >= kSilentStart && now_s - last_s_ >= kTerminalInterval;
}

void ProgressLine::Show(double now_s, const ProgressFigures& figures) {
  if (stream_ == nullptr) return;
  last_s_ = now_s;
  std::string line = absl::StrFormat("%d/%d cells, %d finding%s", figures.done, figures.total, figures.findings,
                                     figures.findings == 1 ? "" : "s");
  if (figures.executions_per_s > 0) absl::StrAppend(&line, ", ", Short(figures.executions_per_s), " executions/s");
  if (figures.new_share >= 0)
    absl::StrAppend(&line, absl::StrFormat(", %.3g %% new schedules", 100 * figures.new_share));
  if (figures.left_s >= 0) absl::StrAppend(&line, ", ", ShortTime(figures.left_s), " left");
  if (!figures.running.empty()) absl::StrAppend(&line, "  ", PrintableLine(figures.running));
  if (terminal_) {
    if (line.size() >= width_) line.resize(width_ - 1);
    absl::FPrintF(stream_, "\r\x1b[K%s", line);
  } else {
    absl::FPrintF(stream_, "%s\n", line);
  }
  std::fflush(stream_);
  shown_ = true;
}

std::string Short(double figure) {
  const char* unit = "";
  for (const char* next : {" k", " M", " G"}) {
    if (figure < 999.5) break;
    figure /= 1000;
    unit = next;
  }
  return absl::StrCat(
      figure < 9.95 && *unit != '\0' ? absl::StrFormat("%.1f", figure) : absl::StrFormat("%.0f", figure), unit);
}

std::string ShortTime(double seconds) {
  const auto s = static_cast<uint64_t>(std::ceil(seconds));
  if (s < 60) return absl::StrCat(s, " s");
  if (s < 3600) return absl::StrCat(s / 60, " min ", s % 60, " s");
  return absl::StrCat(s / 3600, " h ", s % 3600 / 60, " min");
}

}  // namespace cfgtorture::run
