// reports/hazard_pages.h: hazards/*.md, a page a hazard, as they were when this was built.
//
// A page is Markdown of few words: "# name", "## heading", paragraphs, "- " lists whose items go on by two blanks,
// code indented by four, `code` and [links](page.md). hazard_pages_test.cc holds the pages to that.
#ifndef CFGTORTURE_REPORTS_HAZARD_PAGES_H_
#define CFGTORTURE_REPORTS_HAZARD_PAGES_H_

#include <string>
#include <string_view>

namespace cfgtorture::reports {

// From its first line, "# name", to its last; "" if there is none. A hazard's name may come from a result and be
// anything.
std::string_view HazardPage(std::string_view hazard);

// Where it lies in the tree: "reports/hazards/torn-pair.md"; "" if there is none.
std::string HazardPagePath(std::string_view hazard);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_HAZARD_PAGES_H_
