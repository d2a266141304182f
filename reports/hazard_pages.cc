#include "reports/hazard_pages.h"

namespace cfgtorture {
extern const std::string_view kHazardPages;  // all, one after the other, by scripts/cmake/embed.cmake
}  // namespace cfgtorture

namespace cfgtorture::reports {

std::string_view HazardPage(std::string_view hazard) {
  if (hazard.empty() || hazard.find('\n') != std::string_view::npos) return "";
  const std::string first_line = "# " + std::string(hazard) + "\n";
  size_t at = kHazardPages.find(first_line);
  while (at != std::string_view::npos && at != 0 && kHazardPages[at - 1] != '\n') {
    at = kHazardPages.find(first_line, at + 1);
  }
  if (at == std::string_view::npos) return "";
  const size_t next = kHazardPages.find("\n# ", at);
  return kHazardPages.substr(at, next == std::string_view::npos ? next : next + 1 - at);
}

std::string HazardPagePath(std::string_view hazard) {
  return HazardPage(hazard).empty() ? "" : "reports/hazards/" + std::string(hazard) + ".md";
}

}  // namespace cfgtorture::reports
