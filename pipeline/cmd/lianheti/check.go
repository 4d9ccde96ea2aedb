package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"
	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/urfave/cli/v2"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "报送前自检：这些工作簿会不会被退回，哪里要改",
		UsageText: "lianheti check [选项] 文件或文件夹...",
		Description: "逐份自检，与省里汇总时对这一份的结论相同；涉及几份申报之间的规则只列出名称，汇总时才能核对。\n" +
			"不改动原件；写了 --annotate 才另存标注件，已有的文件不覆盖。",
		Flags: []cli.Flag{
			yearFlag, definitionFlag, workersFlag,
			&cli.StringFlag{Name: "code", Usage: "纸质件页脚上的`校验码`：与各份现在的比，旧版的认得出"},
			&cli.StringFlag{Name: "annotate", Usage: "把有问题的各份另存为标注件，放到这个`文件夹`：有问题的格子标色，批注里写着怎么改"},
			&cli.BoolFlag{Name: "readings", Usage: "另列读数一览：每个数和日期是怎样读的（--json 总是带着）；写了 --annotate 的，在标注件旁另存一份"},
			&cli.BoolFlag{Name: "list", Usage: "另写一份地市报送汇总表（Word），随报送函用：推荐次序、核实方式留着填"}, overwriteFlag,
			jsonFlag,
		},
		Action: func(c *cli.Context) error {
			o, err := options(c)
			if err != nil {
				return err
			}
			if c.Bool("list") && c.Bool("json") {
				return usageError{errors.New("--list 和 --json 只能写一个")}
			}
			r, err := watched(c, &o, func() (*pipeline.Checked, error) { return pipeline.Check(c.Context, o, c.String("annotate")) })
			if err != nil {
				return err
			}
			if c.Bool("json") {
				if err := writeJSON(c.App.Writer, r); err != nil {
					return err
				}
			} else {
				t := &teller{c.App.Writer, o.Definition, c.String("code")}
				if t.tell(r); c.Bool("readings") {
					t.readings(r)
				}
			}
			if c.Bool("list") {
				made, err := pipeline.List(o.Definition, r)
				if err != nil {
					return err
				}
				for name, data := range made {
					if err := writeFiles(c, []publish.File{{Path: name, Data: data}}); err != nil {
						return err
					}
				}
			}
			if r.MustCorrect() {
				return errNo
			}
			return nil
		},
	}
}

// teller writes what was found for people: the verdict first, then what must be corrected, what is to be explained, and
// hints last and short. The findings of one rule stand together, and every cell is named. No line is wider than the
// narrowest console in use.
type teller struct {
	w     io.Writer
	d     *templates.Definition
	paper string // the check code on paper; empty: not asked about
}

const consoleWidth = 78

// At most so many findings of one rule are told in full; of more, value and cell of each; of still more, the cells.
const (
	toldInFull = 6
	toldByName = 20
)

func (t *teller) tell(r *pipeline.Checked) {
	files := slices.DeleteFunc(slices.Clone(r.Files), func(f pipeline.CheckedFile) bool { return f.Fate == model.Ignored })
	if len(files) > 1 {
		t.overview(files)
	}
	for _, f := range files {
		t.file(f)
	}
	var later []string
	for _, rule := range r.Later {
		later = append(later, rule.Title)
	}
	t.line("")
	t.wrapped("", "汇总时核对："+strings.Join(later, "、")+"。这几条要几份申报放在一起、或与处里的学校名录对照才看得出，自检不作判断。")
}

func (t *teller) line(format string, args ...any) {
	fmt.Fprintln(t.w, strings.TrimRight(fmt.Sprintf(format, args...), " "))
}

// overview lists the verdicts where there are several files.
func (t *teller) overview(files []pipeline.CheckedFile) {
	t.line("共 %d 份：", len(files))
	for _, f := range files {
		verdict := map[model.Fate]string{model.Rejected: "不予受理", model.Superseded: "不采用"}[f.Fate]
		if s := f.Submission; s != nil {
			verdict = string(s.Verdict)
		}
		t.line("  %s  %s", verdict+strings.Repeat(" ", max(0, 8-book.Width(verdict))), f.Path)
	}
}

func (t *teller) file(f pipeline.CheckedFile) {
	t.line("")
	t.line("%s", strings.Repeat("─", consoleWidth/2))
	s := f.Submission
	if s == nil {
		t.line("文件：%s", f.Path)
		verdict := "不予受理"
		if f.Fate == model.Superseded {
			verdict = "不采用"
		}
		t.wrapped("", fmt.Sprintf("结论：%s　%s（%s）", verdict, f.Reason, f.Code))
		t.wrapped("", "怎么办："+f.Cure)
		return
	}
	t.line("%s（%s，%d年批次）", orElse(s.Consortium, "联合体名称未填"), s.City, t.d.Year)
	t.line("文件：%s", f.Path)
	explained := ""
	if s.Explained > 0 {
		explained = fmt.Sprintf("（另有已说明 %d 处）", s.Explained)
	}
	t.line("结论：%s　%s %d 处，%s %d 处%s，%s %d 处", s.Verdict, model.MustFix.Label(), s.Errors, model.Explain.Label(), s.Warnings, explained, model.Hint.Label(), s.Hints)
	t.line("校验码：%s（推荐书打印件页脚的校验码与此相同，内容就相同）", s.CheckCode)
	if t.paper != "" {
		t.line("纸质件的 %s %s。", t.paper, table.CompareCode(t.paper, s.CheckCode))
	}
	if f.Readings != "" {
		t.line("读数一览：%s", f.Readings)
	}
	switch {
	case f.Annotated != "":
		t.line("标注件：%s", f.Annotated)
	case f.NotAnnotated != "":
		t.wrapped("", "未能标注："+f.NotAnnotated)
	}
	t.section(s, model.MustFix, model.MustFix.Label(), "改正后才能受理", isOpen)
	t.section(s, model.Explain, model.Explain.Label(), "请核对：填错的改正，属实的"+t.d.ExplainedIn()+"写明原因（“涉及栏目”照抄单元格、栏目或代码）", isOpen)
	t.section(s, model.Explain, "已说明", "不用再改；是否采纳由省厅定", func(x pipeline.CheckedFinding) bool { return !isOpen(x) })
	t.hints(s)
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// isOpen says whether a finding is still to be answered.
func isOpen(x pipeline.CheckedFinding) bool { return x.Explanation == "" }

// groups are the findings of one severity, those of one rule together, in the order in which the rules come.
func groups(s *pipeline.CheckedSubmission, severity model.Severity, of func(pipeline.CheckedFinding) bool) [][]pipeline.CheckedFinding {
	var out [][]pipeline.CheckedFinding
	for _, x := range s.Findings {
		if x.Severity != severity || !of(x) {
			continue
		}
		i := slices.IndexFunc(out, func(g []pipeline.CheckedFinding) bool { return g[0].Code == x.Code })
		if i < 0 {
			out = append(out, nil)
			i = len(out) - 1
		}
		out[i] = append(out[i], x)
	}
	return out
}

// section tells the findings of one severity that are still open, or those that are answered.
func (t *teller) section(s *pipeline.CheckedSubmission, severity model.Severity, name, meaning string, of func(pipeline.CheckedFinding) bool) {
	list := groups(s, severity, of)
	if len(list) == 0 {
		return
	}
	t.line("")
	t.wrapped("", fmt.Sprintf("【%s】%s", name, meaning))
	for i, group := range list {
		times := ""
		if len(group) > 1 {
			times = fmt.Sprintf("，%d 处", len(group))
		}
		t.line("%2d %s（%s%s）", i+1, group[0].Title, group[0].Code, times)
		switch {
		case len(allPlaces(group)) > toldByName && len(group) > toldInFull:
			t.wrapped("   ", model.Ranges(allPlaces(group)))
		case len(group) > toldInFull:
			t.wrapped("   ", t.cells(group))
		default:
			t.inFull(group)
		}
		if isOpen(group[0]) {
			t.cures(group)
		}
	}
}

// inFull tells each finding of a group: its cells and what is wrong.
func (t *teller) inFull(group []pipeline.CheckedFinding) {
	for _, x := range group {
		t.wrapped("   ", places(x)+"："+x.Message)
		if x.Explanation != "" {
			t.wrapped("     ", "已说明："+x.Explanation)
		}
		if x.Outdated != "" {
			t.wrapped("     ", "原来的说明针对的是改动前的数，须重新说明："+x.Outdated)
		}
	}
}

// cures tells how to mend a group, once where that is the same for all.
func (t *teller) cures(group []pipeline.CheckedFinding) {
	var told []string
	for _, x := range group {
		if !slices.Contains(told, x.Cure) {
			told = append(told, x.Cure)
			t.wrapped("   ", "→ "+x.Cure)
		}
	}
}

// hints are a line a rule: they change nothing.
func (t *teller) hints(s *pipeline.CheckedSubmission) {
	list := groups(s, model.Hint, isOpen)
	if len(list) == 0 {
		return
	}
	t.line("")
	t.line("【%s】不影响受理", model.Hint.Label())
	for _, group := range list {
		if t.d.Rule(group[0].Code).Check == "unheard" && len(group) <= toldInFull { // words of the filler's that nobody can use
			t.wrapped(" · ", fmt.Sprintf("%s（%s）", group[0].Title, group[0].Code))
			t.inFull(group)
			t.cures(group)
			continue
		}
		where := t.cells(group)
		if len(allPlaces(group)) > toldByName {
			where = model.Ranges(allPlaces(group))
		}
		t.wrapped(" · ", fmt.Sprintf("%s（%s）：%s", group[0].Title, group[0].Code, where))
	}
}

// allPlaces lists the places of several findings.
func allPlaces(group []pipeline.CheckedFinding) []model.Place {
	var out []model.Place
	for _, x := range group {
		for _, p := range x.Places {
			out = append(out, model.Place(p))
		}
	}
	return out
}

// cells names the value and the cells of each finding of a group, sheet by sheet.
func (t *teller) cells(group []pipeline.CheckedFinding) string {
	var out []string
	for _, x := range group {
		what := places(x)
		if name := t.value(x); name != "" {
			what += " " + name
		}
		if !slices.Contains(out, what) {
			out = append(out, what)
		}
	}
	return strings.Join(out, "；")
}

// value names the one value that a finding is about.
func (t *teller) value(x pipeline.CheckedFinding) string {
	if len(x.Fields) != 1 || t.d.Field(x.Fields[0]) == nil {
		return x.Member
	}
	ref := templates.Ref{Field: x.Fields[0]}
	if x.Year != nil {
		ref.Year = int(*x.Year)
	}
	return t.d.Name(ref)
}

// places lists the cells of a finding; the sheet is named once where the cells are on one.
func places(x pipeline.CheckedFinding) string {
	if len(x.Places) > toldByName {
		return model.Ranges(allPlaces([]pipeline.CheckedFinding{x}))
	}
	var out []string
	sheet := ""
	for _, p := range x.Places {
		at := model.Place{File: p.File, Sheet: p.Sheet, Cell: p.Cell}.String()
		switch {
		case p.Sheet == "":
			at = "整份文件"
		case p.Sheet == sheet && p.Cell != "":
			at = p.Cell
		}
		sheet = p.Sheet
		if !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	return strings.Join(out, "、")
}

// wrapped writes a paragraph with this before its first line and blanks before the others.
func (t *teller) wrapped(indent, text string) {
	blanks := strings.Repeat(" ", book.Width(indent))
	line, wide := indent, book.Width(indent)
	for _, word := range words(strings.ReplaceAll(text, "\n", " ")) { // fillers break lines within a cell
		if w := book.Width(word); wide+w > consoleWidth && strings.TrimSpace(line) != "" {
			t.line("%s", line)
			line, wide = blanks, len(blanks)
			word = strings.TrimLeft(word, " ")
		}
		line += word
		wide += book.Width(word)
	}
	t.line("%s", line)
}

// words cuts a text where a line may end: between hanzi, and at the blanks around numbers and Latin words, never before
// a closing mark nor after an opening one.
func words(text string) []string {
	var out []string
	for _, r := range text {
		s := string(r)
		glued := len(out) > 0 && (strings.ContainsRune("，。、；：！？”）》％%)", r) || narrow(r) && narrow(last(out[len(out)-1])) && r != ' ' ||
			strings.HasSuffix(out[len(out)-1], "“") || strings.HasSuffix(out[len(out)-1], "（") || strings.HasSuffix(out[len(out)-1], "《"))
		if glued {
			out[len(out)-1] += s
			continue
		}
		out = append(out, s)
	}
	return out
}

func last(word string) rune {
	r, _ := utf8.DecodeLastRuneInString(word)
	return r
}

func narrow(r rune) bool { return book.Width(string(r)) == 1 }
