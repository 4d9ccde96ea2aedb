package list

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"lianheti/samples/must"
	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. A column shows what stands in the rows, of a type of ours or named for one list, with the word of its code and the look of
//     its type; what people typed is masked. A view makes a cell of a row, a group as many columns as there are.
//  2. What sheets.yaml asks for and nobody has is an error that names the line.
//  3. Formulas find the cells of a row and the rows of a column.

type unit struct {
	Name string             `col:"name"`
	Size table.Opt[float64] `col:"size"`
}

type row struct {
	unit
	Code     string         `col:"code"`
	Severity model.Severity `col:"severity"`
	Lead     bool           `col:"lead"`
}

func lists(t *testing.T, columns ...*templates.ReportColumn) *Lists {
	t.Helper()
	d := must.Get(templates.Load(2024))(t)
	own := *d.Sheets()
	own.Sheets = []*templates.ReportSheet{
		{ID: "units", Name: "单位", Book: "书", Rows: "units", Remark: "共{count}家。", Columns: columns},
	}
	d.Sheets = func() *templates.Sheets { return &own }
	return &Lists{Definition: d, Sources: map[string]Source{
		"units": Rows([]row{
			{unit{"甲校 13800138000", table.Some(0.1 + 0.2)}, "measured", model.MustFix, true},
			{unit{Name: "乙厂"}, "", model.Hint, false},
		}),
		"named": Named("name more", func() ([][]any, Words) {
			return [][]any{{"丙", book.Cell{Value: 7, Look: book.Integer}}, {"丁", table.Opt[int32]{}}}, nil
		}),
	}, Views: map[string]View{"length": Of(func(r row) book.Cell { return book.Cell{Value: len(r.Name)} })},
		Groups: map[string]Group{"twice": func(*List) []Column {
			show := func(r Row) book.Cell { return book.Cell{Value: r.Text("code"), Look: book.Plain} }
			return []Column{{Key: "a", Head: "一", Cell: show}, {Key: "b", Head: "二", Cell: show}}
		}}}
}

func column(id, view, each string) *templates.ReportColumn {
	return &templates.ReportColumn{ID: id, View: view, Each: each, Label: id + view, Width: 20}
}

func TestColumnsShowWhatStandsInTheRows(t *testing.T) {
	coded, mono := column("code", "", ""), column("name", "", "")
	coded.Codes, mono.Look = "fulfilment", string(book.Mono)
	x := lists(t, column("name", "", ""), mono, column("size", "", ""), coded, column("severity", "", ""),
		column("lead", "", ""), column("", "length", ""), column("", "", "twice"))
	var out bytes.Buffer
	must.Do(t, x.Write(&out, "书", "试"))
	f := must.Get(excelize.OpenReader(&out))(t)
	defer f.Close()
	rows := must.Get(f.GetRows("单位", excelize.Options{RawCellValue: true}))(t)
	word := x.Definition.Sheets().Codes["fulfilment"]["measured"]
	want := [][]string{{"共2家。"}, {"name", "name", "size", "code", "severity", "lead", "length", "一", "二"},
		{"甲校 〔电话已隐去〕", "甲校 13800138000", "0.3", word, "必须修改", "是", "18", "measured", "measured"},
		{"乙厂", "乙厂", "", "", "提示", "", "6"}}
	for i := range want {
		if i >= len(rows) || !reflect.DeepEqual(trimmed(rows[i]), want[i]) {
			t.Errorf("row %d is %q, want %q", i+1, rows[i], want[i])
		}
	}
}

// trimmed leaves out the empty cells at the end.
func trimmed(cells []string) []string {
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

func TestRowsMadeForOneList(t *testing.T) {
	x := lists(t, column("name", "", ""), column("more", "", ""))
	x.Definition.Sheets().Sheets[0].Rows = "named"
	l := x.Layout("units")
	var got []any
	for cells := range l.cells() {
		got = append(got, cells[0].Value, cells[1].Value)
	}
	if want := []any{"丙", 7, "丁", nil}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	r := Row{List: l, At: 4}
	if r.Cell("more") != "$B4" || l.Area("more") != "'单位'!$B$3:$B$4" || l.First() != First {
		t.Errorf("%s, %s, row %d", r.Cell("more"), l.Area("more"), l.First())
	}
}

func TestWhatNobodyHasIsAnError(t *testing.T) {
	for _, c := range []*templates.ReportColumn{column("nothing", "", ""), column("", "nothing", ""), column("", "", "nothing")} {
		x := lists(t, c)
		var problem *templates.Problem
		if err := x.Check(x.Definition.Sheets().Sheets[0]); !errors.As(err, &problem) || problem.Cure == "" {
			t.Errorf("%+v: %v", c, err)
		}
	}
	x := lists(t, column("name", "", ""))
	x.Definition.Sheets().Sheets[0].Rows = "nobody"
	if err := x.Check(x.Definition.Sheets().Sheets[0]); err == nil {
		t.Error("rows that nobody has were accepted")
	}
}
