#include "harness/native/bench/ratio.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>

namespace cfgtorture::bench {
namespace {

constexpr size_t kResamples = 4000;

double MedianOfResample(const std::vector<double>& samples, std::mt19937_64& random) {
  std::vector<double> drawn(samples.size());
  for (double& value : drawn) value = samples[random() % samples.size()];
  return Median(std::move(drawn));
}

}  // namespace

double Median(std::vector<double> samples) {
  const size_t half = samples.size() / 2;
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(half), samples.end());
  const double upper = samples[half];
  if (samples.size() % 2 == 1) return upper;
  return (*std::max_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(half)) + upper) / 2;
}

Interval RatioOfMedians(const std::vector<double>& ours, const std::vector<double>& peer) {
  std::mt19937_64 random(1979);
  std::vector<double> ratios(kResamples);
  for (double& ratio : ratios) {
    const double of_ours = MedianOfResample(ours, random);
    ratio = of_ours / MedianOfResample(peer, random);
  }
  std::sort(ratios.begin(), ratios.end());
  return {ratios[kResamples * 25 / 1000], Median(ours) / Median(peer), ratios[kResamples * 975 / 1000]};
}

const char* Against(const Interval& ratio, double limit) {
  if (ratio.high <= limit) return "holds";
  return ratio.low > limit ? "exceeded" : "open";
}

}  // namespace cfgtorture::bench
