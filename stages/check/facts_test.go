package check

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v4"
	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// filling is one filled form as test data.
type filling struct {
	File          string
	Values        map[string]any // field, or field.year id
	Members       []map[string]any
	Materials     []map[string]string
	Verifications []map[string]string
	Explanations  map[string]string // key: words
	Projects      []map[string]any  // of a progress form
	Coercions     []changed
}

// Edit is what a case changes in a filling.
type Edit struct {
	Set           map[string]any
	Repeat        map[string]int         // a text of so many characters
	Swap          int                    // so many annual figures stand under the other actual year
	Same          int                    // so many annual figures are the same in both actual years
	Slide         int                    // the annual figures stand so many rows too low
	Inapplicable  int                    // so many actual figures are 不适用
	Members       map[int]map[string]any // by row, from 1
	Add           []map[string]any
	Without       []string
	Noroster      bool
	Empty         bool
	Copy          []string // values taken from the form it is a neighbour of
	Materials     *[]map[string]string
	Verifications *[]map[string]string
	Explanations  map[string]string
	Projects      *[]map[string]any
	Coercions     []changed
}

// changed is a change in reading: of a value, or of a row of a list.
type changed struct {
	Field, Kind, To string
	Row             int
}

func readYAML(t testing.TB, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = yaml.Load(data, into, yaml.WithKnownFields())
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// base is a complete form without any fault.
func base(t testing.TB) filling {
	f := filling{File: "样例/甲.xlsx"}
	baseOnce.Do(func() { readYAML(t, "testdata/base.yaml", &baseRead) })
	f.Values, f.Members, f.Materials, f.Verifications = maps.Clone(baseRead.Values), baseRead.Members, baseRead.Materials, baseRead.Verifications
	f.Projects = baseRead.Projects
	return f
}

var (
	baseOnce sync.Once
	baseRead filling
)

// another is a second form: nearly the same figures, other units and texts.
func another(t testing.TB) filling {
	f, other := base(t), filling{}
	readYAML(t, "testdata/neighbour.yaml", &other)
	f.File = "样例/乙.xlsx"
	maps.Copy(f.Values, other.Values)
	for _, m := range definition.Form.Metrics() {
		for _, year := range m.Years {
			if n := number(f.Values[m.ID+"."+year]); n.Valid && len(m.Years) == len(definition.Form.Years) && m.Type != templates.PercentField {
				f.Values[m.ID+"."+year] = n.V + 1
			}
		}
	}
	f.Members = other.Members
	return f
}

// apply gives the filling with the changes of a case.
func (f filling) apply(e Edit, from filling) filling {
	f.Values = maps.Clone(f.Values)
	for _, field := range e.Copy {
		f.Values[field] = from.Values[field]
	}
	maps.Copy(f.Values, e.Set)
	for field, n := range e.Repeat {
		f.Values[field] = strings.Repeat("建", n)
	}
	annual := slices.DeleteFunc(definition.Form.Metrics(), func(m *templates.Field) bool { return len(m.Years) < len(definition.Form.Years) })
	for i := len(annual) - 1; i >= 0 && e.Slide > 0; i-- {
		for _, year := range annual[i].Years {
			delete(f.Values, annual[i].ID+"."+year)
			if i >= e.Slide {
				f.Values[annual[i].ID+"."+year] = f.Values[annual[i-e.Slide].ID+"."+year]
			}
		}
	}
	for i, m := range annual {
		prior, last := m.ID+".prior", m.ID+".last"
		if i < e.Swap {
			f.Values[prior], f.Values[last] = f.Values[last], f.Values[prior]
		}
		if i < e.Same {
			f.Values[last] = f.Values[prior]
		}
		for k, key := range []string{prior, last} {
			if _, has := f.Values[key]; has && 2*i+k < e.Inapplicable {
				f.Values[key] = map[string]any{"status": "M", "raw": "不适用"}
			}
		}
	}
	var members []map[string]any
	for i, m := range f.Members {
		m = maps.Clone(m)
		maps.Copy(m, e.Members[i+1])
		if kind, _ := m["kind"].(string); !slices.Contains(e.Without, kind) {
			members = append(members, m)
		}
	}
	f.Members = append(members, e.Add...)
	if e.Noroster {
		f.Members = nil
	}
	if e.Materials != nil {
		f.Materials = *e.Materials
	}
	if e.Verifications != nil {
		f.Verifications = *e.Verifications
	}
	if e.Projects != nil {
		f.Projects = *e.Projects
	}
	if f.Coercions = e.Coercions; e.Explanations != nil {
		f.Explanations = e.Explanations
	}
	if e.Empty {
		f = filling{File: f.File}
	}
	return f
}

// cell is what stands in one cell of a filling.
type cell struct {
	status table.Status
	value  any
	raw    string
}

func cellOf(v any) cell {
	switch v := v.(type) {
	case nil:
		return cell{status: table.Missing}
	case map[string]any:
		c := cell{status: table.Normal, value: v["value"], raw: fmt.Sprint(v["raw"])}
		if s, ok := v["status"].(string); ok {
			c.status = table.Status(s)
		}
		return c
	}
	return cell{status: table.Normal, value: v, raw: fmt.Sprint(v)}
}

func number(v any) table.Opt[float64] {
	switch n := v.(type) {
	case float64:
		return table.Some(n)
	case uint64:
		return table.Some(float64(n))
	case int64:
		return table.Some(float64(n))
	case int:
		return table.Some(float64(n))
	}
	return table.Opt[float64]{}
}

func written(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// gathered is the rows of several fillings on their way into facts.
type gathered struct {
	d             *templates.Definition
	submissions   []table.Submission
	figures       []table.Figure
	metrics       []table.Metric
	texts         []table.Text
	members       []table.Member
	materials     []table.Material
	verifications []table.Verification
	explanations  []table.Explanation
	coercions     []table.Coercion
	columns       []table.ListColumn
	cells         []table.ListCell
}

// facts makes facts of fillings, as normalize would.
func facts(t testing.TB, d *templates.Definition, fillings ...filling) *table.Facts {
	t.Helper()
	g := &gathered{d: d}
	for _, f := range fillings {
		g.add(f)
	}
	return g.facts()
}

func (g *gathered) facts() *table.Facts {
	return &table.Facts{Definition: g.d, Files: table.Of([]table.File{}), Submissions: table.Of(g.submissions), Figures: table.Of(g.figures),
		Metrics: table.Of(g.metrics), Texts: table.Of(g.texts), Members: table.Of(g.members), Materials: table.Of(g.materials),
		Verifications: table.Of(g.verifications), Explanations: table.Of(g.explanations), Coercions: table.Of(g.coercions), ListColumns: table.Of(g.columns), ListCells: table.Of(g.cells),
		Loose: table.Of([]table.LooseCell{}), Contacts: table.Of([]table.Contact{})}
}

func (g *gathered) add(f filling) {
	get := func(id string) string { return written(cellOf(f.Values[id]).value) }
	s := table.Submission{Consortium: get("consortium"), City: get("city"), Park: get("park"), File: f.File,
		LeadSchool: get("lead_school"), LeadEnterprise: get("lead_enterprise")}
	if e, _, ok := g.d.Directory.ByConsortium(s.Consortium); ok {
		s.DirectoryNo, s.National, s.Submission = table.Some(int32(e.No)), e.National != "", fmt.Sprintf("2024-%02d", e.No)
	} else {
		s.Submission = fmt.Sprintf("2024-X%06d", len(g.submissions))
	}
	g.submissions = append(g.submissions, s)
	for _, sheet := range g.d.Layout().Sheets {
		for _, slot := range sheet.Slots {
			g.slot(f, s.Submission, sheet.Sheet.Title, slot)
		}
	}
	g.lists(f, s.Submission)
}

func (g *gathered) slot(f filling, id, sheet string, slot templates.Slot) {
	field, at := slot.Field, model.CellName(slot.Row, slot.Col)
	key := field.ID
	year := g.d.Form.YearOf(slot.Year)
	if slot.Year != 0 {
		key += "." + year.ID
	}
	c := cellOf(f.Values[key])
	value, raw := number(c.value), c.raw
	if field.Personal {
		raw = ""
	}
	switch {
	case field.Metric():
		g.metrics = append(g.metrics, table.Metric{Submission: id, Indicator: field.ID, Year: int32(slot.Year), Value: value,
			Unit: field.Unit, Kind: string(year.Kind), Status: c.status, Sheet: sheet, Cell: at, Raw: raw})
	case field.Long():
		row := table.Text{Submission: id, Field: field.ID, Text: written(c.value), Status: c.status, Sheet: sheet, Cell: at}
		row.Characters = int32(templates.Characters(row.Text))
		if slot.Year != 0 {
			row.Year = table.Some(int32(slot.Year))
		}
		g.texts = append(g.texts, row)
	default:
		row := table.Figure{Submission: id, Field: field.ID, Number: value, Unit: field.Unit, Status: c.status, Sheet: sheet, Cell: at, Raw: raw}
		if !value.Valid && !field.Personal {
			row.Text = written(c.value)
		}
		g.figures = append(g.figures, row)
	}
	for _, x := range f.Coercions {
		if x.Field != key {
			continue
		}
		row := table.Coercion{Submission: id, Field: field.ID, Kind: x.Kind, From: raw, To: x.To, Sheet: sheet, Cell: at}
		if slot.Year != 0 {
			row.Year = table.Some(int32(slot.Year))
		}
		g.coercions = append(g.coercions, row)
	}
}

// rowCell is the place of a column in a row of a list.
func rowCell(d *templates.Definition, block string, row int, column string) (sheet, cell string) {
	area := d.Layout().Area(block)
	i := slices.IndexFunc(area.Columns, func(c templates.RecordColumn) bool { return c.Name == block+"_"+column })
	return area.Sheet, model.CellName(area.HeaderRow+row, area.Columns[i].Col)
}

func (g *gathered) lists(f filling, id string) {
	for _, x := range f.Coercions {
		if field := g.d.Field(x.Field); field != nil && field.Record != "" {
			sheet, at := rowCell(g.d, field.Record, x.Row, strings.TrimPrefix(x.Field, field.Record+"_"))
			g.coercions = append(g.coercions, table.Coercion{Submission: id, Field: x.Field, Kind: x.Kind, Record: table.Some(int32(x.Row)), From: "约300", To: "300", Sheet: sheet, Cell: at})
		}
	}
	for _, sheet := range g.d.Layout().Sheets {
		for _, area := range sheet.Records {
			for _, c := range area.Columns {
				g.columns = append(g.columns, table.ListColumn{Submission: id, Field: c.Name, Sheet: sheet.Sheet.Title, Cell: model.CellName(area.HeaderRow, c.Col)})
			}
		}
	}
	for i, m := range f.Members {
		sheet, at := rowCell(g.d, "members", i+1, "name")
		enrolment := cellOf(m["enrolment"])
		row := table.Member{Submission: id, Record: int32(i + 1), Name: written(m["name"]), Enrolment: number(enrolment.value), Status: enrolment.status,
			IsLead: m["lead"] == true, Sheet: sheet, Cell: at}
		row.NameKey = text.NameKey(row.Name)
		kind := g.d.Form.Kind(written(m["kind"]))
		if row.KindLabel = written(m["kind"]); kind.ID != "" {
			row.Kind, row.KindLabel = kind.ID, kind.Label
		}
		g.members = append(g.members, row)
	}
	for i, m := range f.Materials {
		sheet, at := rowCell(g.d, "materials", i+1, "number")
		g.materials = append(g.materials, table.Material{Submission: id, Record: int32(i + 1), Number: m["number"], Title: m["title"],
			Supports: m["supports"], Pages: m["pages"], Sheet: sheet, Cell: at})
	}
	for i, v := range f.Verifications {
		sheet, at := rowCell(g.d, "verifications", i+1, "section")
		g.verifications = append(g.verifications, table.Verification{Submission: id, Record: int32(i + 1), Section: v["section"], Means: v["means"],
			Unit: v["unit"], Result: v["result"], Date: v["date"], Sheet: sheet, Cell: at})
	}
	for i, row := range f.Projects {
		for _, column := range slices.Sorted(maps.Keys(row)) {
			sheet, at := rowCell(g.d, "projects", i+1, column)
			cell := table.ListCell{Submission: id, List: "projects", Record: int32(i + 1), Field: "projects_" + column, Number: number(row[column]), Status: table.Normal, Sheet: sheet, Cell: at}
			if !cell.Number.Valid {
				cell.Text = written(row[column])
			}
			g.cells = append(g.cells, cell)
		}
	}
	for i, whole := range slices.Sorted(maps.Keys(f.Explanations)) {
		sheet, at := rowCell(g.d, "explanations", i+1, "about")
		key, about, _ := strings.Cut(whole, "|") // what is to be explained follows the key
		fingerprint, values := model.SplitExplanationKey(key)
		g.explanations = append(g.explanations, table.Explanation{Submission: id, Fingerprint: fingerprint, ValueHash: values, About: about,
			Explanation: f.Explanations[whole], Sheet: sheet, Cell: at})
	}
}
