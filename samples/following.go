package samples

import (
	"bytes"
	"fmt"
	"io/fs"

	"lianheti/stages/blankform"
	"lianheti/templates"

	"github.com/goccy/go-yaml"
	"github.com/shopspring/decimal"
)

// Following is the batch after one that has samples: who was not chosen hands in again, who was reports what became of its promises.
type Following struct {
	Again    []struct{ From, File string } // fixtures of the batch before, with all years moved on
	Selected []struct{ Consortium, Document string }
	Progress []Progress
}

// Progress is one progress form as data.
type Progress struct {
	From          string // fixture of the batch before: what was promised and said then
	File          string
	Code          string // check code of the recommendation
	Sealed        bool   // the supplement, too
	Rate          decimal.Decimal
	Values        map[string]any // in the place of what follows from the promises and the rate
	Materials     []map[string]any
	Verifications []map[string]any
	Explanations  []map[string]any
	Projects      []map[string]any
	Planted       []Planted
}

// Planted is a situation in a progress form, and what a run must make of it: findings of a rule, or what becomes of figures.
type Planted struct {
	Rule   string
	Status string // of the table fulfilment
	Field  string // empty: the form as a whole
	Year   int
	Count  int // of a status without a field: how many figures
	Note   string
}

// RegisterName is the Department's register for the year.
const RegisterName = "登记表.xlsx"

// LoadFollowing reads the fixtures of a year, and those of the year before that they rest on.
func LoadFollowing(fsys fs.FS, year int) (*Following, map[string]Fixture, error) {
	data, err := fs.ReadFile(fsys, fmt.Sprintf("%d.yaml", year))
	if err != nil {
		return nil, nil, err
	}
	f := &Following{}
	if err := yaml.UnmarshalWithOptions(data, f, yaml.Strict()); err != nil {
		return nil, nil, fmt.Errorf("%d.yaml: %w", year, err)
	}
	before, err := fs.Sub(fsys, fmt.Sprint(year-1))
	if err != nil {
		return nil, nil, err
	}
	all, _, err := Load(before)
	if err != nil {
		return nil, nil, err
	}
	earlier := map[string]Fixture{}
	for _, x := range all {
		earlier[x.Name] = x
	}
	for _, a := range f.Again {
		data, err := fs.ReadFile(before, a.From)
		if err != nil {
			return nil, nil, err
		}
		x := Fixture{Name: a.File}
		if err := yaml.UnmarshalWithOptions([]byte(templates.MoveYears(string(data), year-1, year)), &x, yaml.Strict()); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", a.From, err)
		}
		x.File, earlier[a.File] = a.File, x
	}
	return f, earlier, nil
}

// Files makes every sample file of the year.
func (f *Following) Files(d *templates.Definition, earlier map[string]Fixture) (map[string][]byte, error) {
	out := map[string][]byte{"README.md": f.readme(d)}
	for _, a := range f.Again {
		data, err := earlier[a.File].Workbook(d)
		if err != nil {
			return nil, err
		}
		out[a.File] = data
	}
	register := map[string][]map[string]string{}
	for _, s := range f.Selected {
		register["selected"] = append(register["selected"], map[string]string{"consortium": s.Consortium, "document": s.Document})
	}
	for _, p := range f.Progress {
		filled, err := p.fixture(d.Progress, earlier[p.From])
		if err != nil {
			return nil, err
		}
		if out[p.File], err = filled.Workbook(d.Progress); err != nil {
			return nil, err
		}
	}
	var book bytes.Buffer
	if err := blankform.Register(&book, d, register); err != nil {
		return nil, err
	}
	out[RegisterName] = book.Bytes()
	return out, nil
}

// fixture is the form filled: locked cells as the kit fills them, figures at the rate of the promises, last year's as they were said, and over all
// that the values of its own.
func (p Progress) fixture(d *templates.Definition, was Fixture) (Fixture, error) {
	names := d.Form.Promises
	out := Fixture{Name: p.File, File: p.File, Materials: p.Materials, Verifications: p.Verifications, Explanations: p.Explanations, Members: was.Members,
		Lists: map[string][]map[string]any{"projects": p.Projects}, Values: map[string]any{
			names.School: was.Values["lead_school"], names.Code: p.Code, names.Basis: map[bool]string{true: "附表（盖章）", false: "未盖章"}[p.Sealed]}}
	for _, id := range []string{"consortium", "city", "park", "lead_school", "lead_enterprise"} {
		out.Values[id] = was.Values[id]
	}
	if funds, ok := was.Values["funding_total"].(map[string]any); ok {
		sum := decimal.Decimal{}
		for _, v := range funds {
			if n, err := decimal.NewFromString(fmt.Sprint(v)); err == nil {
				sum = sum.Add(n)
			}
		}
		out.Values[names.Funds] = sum
	}
	for _, metric := range d.Form.Metrics() {
		if !metric.Accompanied() {
			continue
		}
		given, _ := was.Values[metric.ID].(map[string]any)
		reported := map[string]any{}
		for companion, rate := range map[string]decimal.Decimal{names.Stated: decimal.NewFromInt(1), names.Promised: p.Rate} {
			field := d.Beside(metric, companion)
			if field == nil {
				continue
			}
			for _, r := range d.Refs(field) {
				year := fmt.Sprint(r.Year)
				n, err := decimal.NewFromString(fmt.Sprint(given[year]))
				if err != nil {
					continue // nothing was said, or in words
				}
				out.Values[field.ID] = map[string]any{year: n}
				reached := n.Mul(rate).RoundUp(*metric.Decimals)
				if metric.Max != nil {
					reached = decimal.Min(reached, *metric.Max)
				}
				reported[year] = reached
			}
		}
		out.Values[metric.ID] = reported
	}
	for id, v := range p.Values {
		years, dated := v.(map[string]any)
		if into, ok := out.Values[id].(map[string]any); ok && dated {
			for year, x := range years {
				into[year] = x
			}
			continue
		}
		out.Values[id] = v
	}
	return out, nil
}

// readme lists the files and what was planted.
func (f *Following) readme(d *templates.Definition) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %d 年样例\n\n**%s**：学校、企业、人员、电话、数字均为虚构。上一年样例里落选的再报（只把年份推后一年），入选的报年度数据核对表。\n\n", d.Year, Watermark)
	fmt.Fprintf(&b, "`../fixtures/%d.yaml` 是数据，工作簿由它和上一年的样例生成（`go run ./samples/make`），本页也是。\n\n", d.Year)
	fmt.Fprintf(&b, "```\nlianheti run samples/%d --out output\nlianheti run samples/%d/收件 --year %d --previous output/%d --register samples/%d/%s --out output\n```\n\n", d.Year-1, d.Year, d.Year, d.Year-1, d.Year, RegisterName)
	b.WriteString("`pipeline` 的 `TestProgressFindsExactlyWhatWasPlanted` 断言：核对表里查出的正好是下面这些。\n")
	for _, p := range f.Progress {
		fmt.Fprintf(&b, "\n## %s\n\n| 问题或结果 | 栏目 | 年度 | 植入的情形 |\n|---|---|---|---|\n", p.File)
		for _, x := range p.Planted {
			what, year := d.Progress.CodeOf(x.Rule), ""
			if x.Status != "" {
				what = x.Status
			}
			if x.Year != 0 {
				year = fmt.Sprint(x.Year)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", what, d.Progress.Label(x.Field), year, cellText(x.Note))
		}
	}
	return b.Bytes()
}
