package normalize

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
	"golang.org/x/text/width"
)

// fingerprintPattern matches a fingerprint of a finding.
var fingerprintPattern = regexp.MustCompile(`^[0-9a-f]{16}$`)

// Register reads the register of the Department. Nothing is guessed: every fault is an error with its cell, all joined.
func Register(d *templates.Definition, cells []model.Cell) ([]table.RegisterEntry, error) {
	r := &registerReader{d: d, sheets: map[string][]model.Cell{}}
	for _, sheet := range table.GroupBy(cells, func(c model.Cell) string { return c.Place.Sheet }) {
		title := sheet[0].Place.Sheet
		r.sheets[title] = sheet
		titled := func(s *templates.RegisterSheet) bool { return s.Title == title }
		if title != templates.RegisterNames && !slices.ContainsFunc(d.Register().Sheets, titled) {
			r.fault(sheet[0].Place, "不认识工作表“"+title+"”", "请删去，或移到别的文件；登记表由 lianheti template --register 生成")
		}
	}
	var out []table.RegisterEntry
	for _, s := range d.Register().Sheets {
		out = append(out, r.readSheet(s)...)
	}
	r.checkDuplicates(out)
	return out, errors.Join(r.faults...)
}

type registerReader struct {
	d      *templates.Definition
	sheets map[string][]model.Cell
	faults []error
}

func (r *registerReader) fault(p model.Place, what, cure string) {
	r.faults = append(r.faults, errors.New(text.Mask(fmt.Sprintf("登记表 %s：%s。%s", p, what, cure))))
}

// readSheet reads the rows below the header row. Columns are found by their headings, in any order.
func (r *registerReader) readSheet(s *templates.RegisterSheet) []table.RegisterEntry {
	cells := r.sheets[s.Title]
	if len(cells) == 0 {
		return nil // sheets and optional columns that the Department does not use may be deleted
	}
	columns, header := findHeadings(s, cells)
	for _, c := range s.Columns {
		if c.Required && !slices.Contains(slices.Collect(maps.Values(columns)), c) {
			r.fault(model.Place{File: cells[0].Place.File, Sheet: s.Title}, "找不到表头“"+c.Label+"”", "请恢复这一列，或用新生成的登记表")
			return nil
		}
	}
	below := slices.DeleteFunc(slices.Clone(cells), func(c model.Cell) bool { return c.Row <= header })
	slices.SortStableFunc(below, func(a, b model.Cell) int { return a.Row - b.Row })
	var out []table.RegisterEntry
	for _, row := range table.GroupBy(below, func(c model.Cell) int { return c.Row }) {
		if !isOnlyPrefilled(columns, row) {
			out = append(out, r.readRow(s, columns, row))
		}
	}
	return out
}

// isOnlyPrefilled reports whether a row holds only what the program prefilled, so nothing has been decided yet.
func isOnlyPrefilled(columns headings, cells []model.Cell) bool {
	prefilled := []string{templates.RegisterConsortium, templates.RegisterFingerprint, templates.RegisterCity,
		templates.RegisterPark}
	given := false
	for _, c := range cells {
		column := columns[c.Col]
		if column == nil || !column.Given && !slices.Contains(prefilled, column.ID) {
			return false
		}
		given = given || column.Given
	}
	return given
}

// headings maps column numbers to the columns of a register sheet.
type headings map[int]*templates.RegisterColumn

// findHeadings finds the header row: the one with the most labels.
func findHeadings(s *templates.RegisterSheet, cells []model.Cell) (columns headings, row int) {
	for _, cells := range table.GroupBy(cells, func(c model.Cell) int { return c.Row }) {
		found, at := headings{}, cells[0].Row
		for _, c := range cells {
			for _, column := range s.Columns {
				if text.NameKey(c.Raw) == text.NameKey(column.Label) {
					found[c.Col] = column
				}
			}
		}
		if len(found) > len(columns) || len(found) == len(columns) && at < row {
			columns, row = found, at
		}
	}
	return columns, row
}

func (r *registerReader) readRow(s *templates.RegisterSheet, columns headings, cells []model.Cell) table.RegisterEntry {
	at := func(col int) model.Place {
		return model.Place{File: cells[0].Place.File, Sheet: s.Title, Cell: model.CellName(cells[0].Row, col)}
	}
	order := slices.Sorted(maps.Keys(columns))
	e := table.RegisterEntry{Sheet: s, Values: map[string]string{}, Private: map[string]string{}, Place: at(order[0])}
	for _, c := range cells {
		switch column := columns[c.Col]; {
		case column == nil:
			r.fault(c.Place, "这一列没有表头，不知道“"+trim(c.Raw)+"”是什么", "请移到有表头的列，例如备注")
		case column.Given:
		case column.Private:
			e.Private[column.ID] = trim(c.Raw)
		default:
			e.Values[column.ID] = r.readValue(column, c)
		}
	}
	for _, col := range order {
		if c := columns[col]; c.Required && e.Values[c.ID] == "" {
			r.fault(at(col), "“"+c.Label+"”没有填", "请补填，或删去这一行")
		}
	}
	if name := e.Values[templates.RegisterConsortium]; name != "" {
		e.Key = table.KeyOf(r.d, name)
	}
	if print := e.Values[templates.RegisterFingerprint]; print != "" {
		e.Fingerprint, e.ValueHash = model.SplitExplanationKey(print)
		if !fingerprintPattern.MatchString(e.Fingerprint) {
			r.fault(e.Place, "“"+print+"”不是问题指纹", "请照抄省级汇总“问题清单”的末列")
		}
	}
	ruled := e.Values[templates.RegisterPoints] + e.Values[templates.RegisterReject]
	if s.Effect == templates.EffectRule && ruled == "" {
		r.fault(e.Place, "扣几分、是否不予立项都没有填，不知道认定了什么", "请至少填一项，或删去这一行")
	}
	points, err := decimal.NewFromString(e.Values[templates.RegisterPoints])
	if most := r.d.Rubric().Experts.Deduction; err == nil && s.Effect == templates.EffectRule && points.GreaterThan(most) {
		r.fault(e.Place, "扣"+points.String()+"分，超过第7项最多的"+most.String()+"分", "请改正；不扣写0")
	}
	r.checkSteps(e)
	replaced := e.Values[templates.RegisterReplaces]
	if _, _, listed := r.d.Directory.ByConsortium(replaced); replaced != "" && !listed {
		r.fault(e.Place, "代替的“"+replaced+"”不在指导目录", "请从下拉中选目录所列的一个；只换园区、只增列的留空")
	}
	if c := s.Column(templates.RegisterDecision); c != nil {
		e.Accepted = e.Values[c.ID] == c.Options[0]
	}
	return e
}

// checkSteps checks that the steps of an award were registered in order and each completely. After a step that was not
// passed, those before StepChosen may stay.
func (r *registerReader) checkSteps(e table.RegisterEntry) {
	var missing *templates.RegisterStep
	rejected := false // the missing step was registered, but not passed
	chosen := slices.Index(templates.Steps, templates.StepChosen)
	for _, step := range e.Sheet.Steps {
		done, begun, missingColumns := step.Status(e.Sheet, e.Values)
		switch {
		case begun && rejected && slices.Index(templates.Steps, step.ID) < chosen:
		case begun && missing != nil:
			r.fault(e.Place, "登记了“"+step.Label+"”，而前一步“"+missing.Label+"”没有登记或没有通过", "请按次序登记")
			return
		case begun && len(missingColumns) > 0:
			r.fault(e.Place, "“"+step.Label+"”没有登记完，缺："+strings.Join(missingColumns, "、"), "请补填，或清空这一步")
		}
		if !done && !step.Optional && missing == nil {
			missing, rejected = step, begun && len(missingColumns) == 0
		}
	}
}

// readValue reads one cell; a value that the column does not allow is a fault.
func (r *registerReader) readValue(column *templates.RegisterColumn, c model.Cell) string {
	text := trim(c.Raw)
	options := r.d.OptionsOf(column)
	switch {
	case !c.Kind.Readable():
		r.fault(c.Place, "这一格是“"+text+"”，没有可读的内容", "请直接写出内容，不用公式或图片")
	case c.CrossedOut():
		r.fault(c.Place, "“"+text+"”划掉了，不知道还算不算", "不算的请删去这一行，算的请去掉删除线")
	case column.ID == templates.RegisterDocument && r.d.Reading.IsPlaceholder(text):
		r.fault(c.Place, "“"+text+"”不是依据", "请写文号、会议或批示；还没有的不登记")
	case column.Date:
		date := ReadDate(c)
		if date.Status != table.Normal {
			r.fault(c.Place, "“"+text+"”不是日期", "请写成 "+r.d.Directory.Deadline+" 的样子")
		}
		return date.Value
	case column.Number:
		n, err := decimal.NewFromString(strings.ReplaceAll(width.Narrow.String(text), ",", ""))
		if err != nil || n.IsNegative() {
			r.fault(c.Place, "“"+text+"”不是不小于0的数", "请只填数字，不写单位")
			return ""
		}
		seen, _ := decimal.NewFromString(strings.ReplaceAll(digitRun.FindString(c.Shown), ",", ""))
		if c.Kind == model.Number && !seen.Equal(n) { // 0.05 in the format of a percentage
			r.fault(c.Place, "显示的是“"+c.Shown+"”，单元格里存的是"+text, "请把单元格设成常规格式，再填一次")
		}
		return n.String()
	case len(options) > 0 && !slices.Contains(options, text):
		r.fault(c.Place, "“"+text+"”不在可选之列", "请从下拉中选："+strings.Join(options, "、"))
	}
	return text
}

// checkDuplicates reports decisions registered twice. One without a value hash is for any values.
func (r *registerReader) checkDuplicates(entries []table.RegisterEntry) {
	seen := map[string][]table.RegisterEntry{}
	for _, e := range entries {
		if e.Sheet.Effect == templates.EffectAnswer || e.Sheet.Effect == templates.EffectObject {
			continue // several entries are allowed
		}
		keys := table.Either(e.Sheet.Effect == templates.EffectSchools, e.SchoolNames(), []string{e.Key + e.Fingerprint})
		for _, key := range keys {
			key = e.Sheet.ID + "\x00" + key
			duplicate := slices.IndexFunc(seen[key], func(o table.RegisterEntry) bool {
				return o.ValueHash == e.ValueHash || o.ValueHash == "" || e.ValueHash == ""
			})
			if duplicate >= 0 {
				r.fault(e.Place, "与 "+seen[key][duplicate].Place.String()+" 是同一个联合体、问题或学校，登记了两次", "请只留一行")
			}
			seen[key] = append(seen[key], e)
		}
	}
}
