package templates

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// Requirements
//  1. Every sentence of the notice is answered, by things that exist; every rule's authority has a sentence that asks for it.
//  2. The text is the document's, and every label that template and Word form print is a piece of it.
//  3. A trial definition without the mapping, or with a faulty one, loads with one warning.
//  4. What the official form does not have is marked as such, and never alone a reason to return a submission.

func shippedNotice(t *testing.T) *Definition {
	t.Helper()
	for _, year := range Years() {
		d, err := LoadFS(shipped, year)
		if err != nil {
			t.Fatal(err)
		}
		if d.Warning != "" && year <= Latest() { // a call that was not issued has no sentences yet
			t.Fatalf("%d: %s", year, d.Warning)
		}
	}
	d, _ := LoadFS(shipped, 2024)
	return d
}

// pieces are the cells of the notice's tables and its sentences, without blanks.
func pieces(n *Notice, cite string) map[string]bool {
	out := map[string]bool{}
	for _, p := range n.Parts {
		for _, item := range p.Items {
			for piece := range strings.SplitSeq(item.Text, NoticeCell) {
				if !strings.HasPrefix(p.Cite, cite) {
					continue
				}
				out[squeeze(piece)] = true
				for part := range strings.SplitSeq(piece, "/") { // one line of the form for two fields
					out[squeeze(part)] = true
				}
			}
		}
	}
	return out
}

func TestEverySentenceIsAnswered(t *testing.T) {
	d := shippedNotice(t)
	sentences := 0
	for _, p := range d.Notice.Parts {
		for _, item := range p.Items {
			sentences++
			if len(d.Answers(item)) == 0 {
				t.Errorf("%s: %s", p.Cite, item.Text)
			}
		}
	}
	if sentences < 190 {
		t.Errorf("the notice has %d sentences and rows", sentences)
	}
	for _, p := range d.Rubric().Points() {
		if !pieces(d.Notice, "附件2")[squeeze(p.Label)] || !pieces(d.Notice, "附件2")[squeeze(p.Indicator.Label)] {
			t.Errorf("point %s is not a piece of the notice", p.ID)
		}
	}
}

// How the text of the document shows footnotes, numbers typed behind words, and the number of a page.
var (
	footnoteText = regexp.MustCompile(`(?s)\[footnoteRef:\d+\] \[\d+: *(.*?)\]`)
	ownNumber    = regexp.MustCompile(`(?m)^\d(\s|规|限)`)
	footnoteMark = regexp.MustCompile(`(?m)([年）])\d$`)
	pageNumber   = regexp.MustCompile(`(?m)^\d+$`)
)

func TestNoticeIsTheDocument(t *testing.T) {
	data, err := os.ReadFile("../../shared/reference/work-plan-2024.txt")
	if err != nil {
		t.Skip("the official document is not at hand here; notice.yaml holds its sha256")
	}
	document := footnoteText.ReplaceAllStringFunc(strings.ReplaceAll(string(data), "[bookmark: _GoBack]", ""), func(s string) string {
		return ownNumber.ReplaceAllString(footnoteText.FindStringSubmatch(s)[1], "$1")
	})
	document = squeeze(pageNumber.ReplaceAllString(footnoteMark.ReplaceAllString(document, "$1"), ""))
	var whole strings.Builder
	for _, p := range shippedNotice(t).Notice.Parts {
		for _, item := range p.Items {
			whole.WriteString(squeeze(strings.ReplaceAll(item.Text, NoticeCell, "")))
		}
	}
	if whole.String() != document {
		t.Error("the sentences together are not the document")
	}
}

// TestWordingIsOfficial holds every label, note and unit that the template and the Word form print against the notice, piece by piece.
func TestWordingIsOfficial(t *testing.T) {
	d := shippedNotice(t)
	form := pieces(d.Notice, "附件3")
	official := func(what, words string) {
		if words != "" && !form[squeeze(words)] {
			t.Errorf("%s is no piece of the notice: %s", what, words)
		}
	}
	for _, f := range d.Form.Fields() {
		if f.Extra || f.Record != "" {
			continue
		}
		if f.Limit == 0 || f.PrintedLimit[0] != '(' { // the form prints no label over its two longest texts
			official("label of "+f.ID, f.Label+strings.Repeat(f.Printed, unitsInLabel(f)))
		}
		for _, group := range strings.Fields(f.Group) {
			official("group of "+f.ID, group)
		}
		official("limit of "+f.ID, f.PrintedLimit)
		official("seal of "+f.ID, f.Seal)
		official("heading of "+f.ID, f.Heading)
		official("unit of "+f.ID, f.PaperUnit())
		official("footnote of "+f.ID, d.Form.Note(f.Footnote))
	}
	for _, k := range d.Form.Kinds {
		official("kind "+k.ID, k.Label)
	}
	for _, n := range d.Form.Sheets[0].Blocks[2].Notes[:6] {
		official("说明", n.Text)
	}
	for _, s := range d.Paper().Sections {
		for _, item := range s.Items() {
			official("text on paper", item.Text)
		}
	}
	// In the template a row shows label and unit apart: together they are the piece, or a part of one that the form prints for several.
	for _, sheet := range d.Layout().Sheets {
		for _, slot := range sheet.Slots {
			f, unit := slot.Field, ""
			if f.Extra {
				continue
			}
			for _, s := range sheet.Statics {
				if s.Role == UnitRole && s.Row == slot.Row && s.Text != "" && f.Printed != "" {
					unit = s.Text
				}
			}
			label := squeeze(strings.TrimSuffix(slot.RowAnchor[0], f.PrintedLimit))
			shown := []string{label, label + unit, label + "（" + unit + "）"}
			if f.PrintedLimit != "" && f.PrintedLimit[0] == '(' {
				shown = append(shown, squeeze(f.PrintedLimit))
			}
			if !slices.ContainsFunc(shown, func(s string) bool { return form[s] }) || unit != "" && !form[unit] && !strings.Contains(squeeze(f.PaperLabel()), "（"+unit+"）") {
				t.Errorf("%s shows %q, %q, which is not what the form prints", slot.Name, label, unit)
			}
		}
	}
}

// unitsInLabel is 1 where the form prints the unit behind the label, 0 where it stands in the cell or behind the group.
func unitsInLabel(f *Field) int {
	if strings.HasPrefix(f.Printed, "（") && !strings.HasSuffix(f.Group, f.Printed) {
		return 1
	}
	return 0
}

func TestTrialWithoutMappingIsWarnedOf(t *testing.T) {
	for what, c := range map[string]struct {
		file  string
		edit  func(string) string
		wants []string
	}{
		"unanswered":        {"notice.yaml", replace(`text: 科研机构, kinds: [research]`, `text: 科研机构`), []string{"notice.yaml", "第 ", "没有回应"}},
		"unknown field":     {"notice.yaml", replace("fields: [office_area]", "fields: [office_aera]"), []string{"office_aera"}},
		"unknown rule":      {"notice.yaml", replace("rules: [no_verification,", "rules: [no_verifications,"), []string{"no_verifications"}},
		"text edited":       {"notice.yaml", replace("8月15日", "8月16日"), []string{"sha256"}},
		"another's wording": {"notice.yaml", replace("fields: [demand_reports]}", "fields: [tech_platforms]}"), []string{"发布人才需求报告", "原文"}},
		"label invented":    {"form.yaml", replace("label: 技能鉴定量", "label: 职业技能鉴定量"), []string{"技能鉴定量", "原文"}},
		"unfounded rule":    {"rules.yaml", replace("authority: 填报工具要求", "authority: 附件2 6.3"), []string{"rules.yaml", "附件2 6.3"}},
		"no such paragraph": {"form.yaml", replace("paragraph: 附件3 4.建设规划", "paragraph: 附件3 6.建设规划"), []string{"附件3 6.建设规划"}},
		"unknown key":       {"notice.yaml", replace("manual: 标题", "manuel: 标题"), []string{"manuel"}},
	} {
		d, err := LoadFS(edited(t, 2024, map[string]func(string) string{c.file: c.edit}), 2024)
		if err != nil {
			t.Errorf("%s: stops: %v", what, err)
			continue
		}
		for _, want := range c.wants {
			if !strings.Contains(d.Warning, want) || !strings.Contains(d.Warning, " 行：") || d.Notice != nil {
				t.Errorf("%s: %q is not in %q", what, want, d.Warning)
			}
		}
	}
	without := fstest.MapFS{}
	names, _ := fs.Glob(shipped, "2024/*.yaml")
	for _, name := range names {
		if data, err := fs.ReadFile(shipped, name); err == nil && name != "2024/notice.yaml" {
			without[name] = &fstest.MapFile{Data: data}
		}
	}
	if d, err := LoadFS(without, 2024); err != nil || !strings.Contains(d.Warning, "notice.yaml") {
		t.Errorf("a definition without the mapping: %v", err)
	}
}

func TestBeyondTheFormIsMarked(t *testing.T) {
	d := shippedNotice(t)
	for id, want := range map[string]string{"materials_title": d.Form.Beyond.Asked, "verifications_means": d.Form.Beyond.Asked, "members_lead": d.Form.Beyond.Tool,
		"members_enrolment": d.Form.Beyond.Tool, "explanations_explanation": d.Form.Beyond.Tool, "edition": d.Form.Beyond.Tool, "members_name": "", "plan": ""} {
		if got := d.Form.Mark(d.Field(id)); got != want {
			t.Errorf("%s is marked %q", id, got)
		}
	}
	for _, list := range []string{"materials", "verifications", "explanations"} {
		area := d.Layout().Area(list)
		mark := d.Form.Mark(area.Columns[0].Field)
		sheet := first(d.Layout().Sheets, func(s *SheetLayout) bool { return s.Sheet.Title == area.Sheet })
		if !slices.ContainsFunc(sheet.Statics, func(s Static) bool {
			return strings.HasSuffix(s.Text, "（"+mark+"）") && s.Was+"（"+mark+"）" == s.Text
		}) {
			t.Errorf("%s does not say %s", area.Sheet, fmt.Sprintf("%q", mark))
		}
	}
}
