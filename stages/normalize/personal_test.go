package normalize

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Requirements
//  1. Of a workbook's persons and numbers nothing is left in any row but the contacts, whichever cell, sheet or file name they
//     were typed into; figures stay.
//  2. That a text was masked is recorded; its characters are counted as typed.
//  3. A phone in a cell for a figure is no figure.
//  4. What is no person's name (校长, 待定, 管委会) is not hidden elsewhere.
//  5. Of the head's post only that it is none in the park is known, not the words.
//  6. Files whose names differ in a phone only stay two files.
func TestNothingPersonalIsRead(t *testing.T) {
	d, err := templates.Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	const phone, name, file = "13900005678", "欧阳若涵", "福州/推荐书欧阳若涵13900005678.xlsx"
	said := "由" + name + "（" + phone + "）负责"
	cell := func(raw string) model.Cell {
		return model.Cell{Place: model.Place{File: file, Sheet: "张若素的表", Cell: "C7"}, Kind: model.Text, Raw: raw, Shown: raw, Filled: true}
	}
	number := cell(phone)
	number.Kind = model.Number
	w := model.Workbook{File: model.File{Path: file, Fate: model.Accepted, SHA256: "ab"},
		Entries: []model.Entry{
			{Cell: cell("校长"), Field: "office_head"}, {Cell: cell(name + "主任"), Field: "head_name"}, {Cell: cell("张若素、" + name), Field: "staff_names"},
			{Cell: cell("某联合体"), Field: "consortium"}, {Cell: cell(said), Field: "plan"}, {Cell: cell("管委会副主任（兼）"), Field: "head_contact"}, {Cell: cell("校长、管委会负责"), Field: "office_unit"},
			{Cell: number, Field: "apprentices", Year: 2023}, {Cell: cell("139 0000 5678"), Field: "employees"}, {Cell: cell("约300（" + name + "）"), Field: "staff_total"},
			{Cell: cell(said), Field: "members_name", Record: 1}, {Cell: cell(said), Field: "explanations_explanation", Record: 1},
			{Cell: cell(said), Field: "verifications_date", Record: 1}, {Cell: cell(said), Field: "materials_title", Record: 1},
		},
		Loose: []model.Cell{cell(said)},
		Notes: []model.Finding{{Code: "LHT-1-001", Raw: said, Places: []model.Place{{File: file, Sheet: name}}, Vars: map[string]string{"file": file, "detail": said}}},
	}
	b := NewBatch(d)
	b.Add(Workbook(d, w))
	b.Add(Workbook(d, model.Workbook{File: model.File{Path: strings.ReplaceAll(file, name, text.MaskedName), Fate: model.Ignored}}))
	facts := b.Facts()

	tables := reflect.ValueOf(facts).Elem()
	for i := range tables.NumField() {
		holder, ok := tables.Field(i).Interface().(interface{ Len() int })
		if what := tables.Type().Field(i).Name; what == "Contacts" || !ok {
			continue
		}
		for row := range holder.Len() {
			values := tables.Field(i).MethodByName("Row").Call([]reflect.Value{reflect.ValueOf(row)})
			words := fmt.Sprintf("%+v", values[0])
			for _, secret := range []string{phone, name, "张若素", "139 0000 5678", "1.3900005678e+10"} {
				if strings.Contains(words, secret) {
					t.Errorf("%s says %q: %s", tables.Type().Field(i).Name, secret, words)
				}
			}
		}
	}
	if words := fmt.Sprintf("%+v", facts.FileFindings); strings.Contains(words, phone) || strings.Contains(words, name) {
		t.Errorf("the findings say %s", words)
	}
	if facts.Contacts.Len() != 4 || facts.Contacts.Row(1).Text != name+"主任" {
		t.Errorf("%d contacts, %v", facts.Contacts.Len(), facts.Contacts.Row(1))
	}
	if plan := facts.Texts.Row(0); plan.Text != "由〔姓名已隐去〕（〔电话已隐去〕）负责" || int(plan.Characters) != templates.Characters(said) {
		t.Errorf("the text became %q of %d characters", plan.Text, plan.Characters)
	}
	kinds := map[string]int{}
	for c := range facts.Coercions.All() {
		if c.Field == "plan" {
			kinds[c.Kind]++
		}
	}
	if kinds["masked"] != 1 || kinds["masked_name"] != 1 {
		t.Errorf("recorded of the text: %v", kinds)
	}
	if m := facts.Metrics.Row(0); m.Status != table.Invalid || m.Value.Valid {
		t.Errorf("a phone as apprentices: %+v", m)
	}
	for g := range facts.Figures.All() {
		switch g.Field {
		case "office_unit":
			if g.Text != "校长、管委会负责" {
				t.Errorf("a title was hidden: %s", g.Text)
			}
		case "employees":
			if g.Status != table.Invalid {
				t.Errorf("a phone as employees: %+v", g)
			}
		case "staff_total":
			if g.Number.V != 300 {
				t.Errorf("a figure beside a name: %+v", g)
			}
		}
	}
	if first, second := facts.Files.Row(0).Path, facts.Files.Row(1).Path; first == second || facts.Submissions.Row(0).File != first {
		t.Errorf("the files are %s and %s", first, second)
	}
}

func TestPostsAreNoNames(t *testing.T) {
	for said, want := range map[string]string{
		"张三": "张三", "王明校长": "王明", "欧阳明华": "欧阳明华", "项明经理": "项明", "安全民主任": "安全民", "李文会（兼）": "李文会",
		"东方": "", "王小明亮": "", "管委会副主任": "", "常务副校长": "", "纪委书记": "", "项目经理": "", "车间主任": "", "高级经理": "", "高教处处长": "", "卫校校长": "", "国资委主任": "", "高新区书记": "", "干事": "",
	} {
		if got := personName(said); got != want {
			t.Errorf("%s: taken for the name %q, want %q", said, got, want)
		}
	}
}

func TestTheHeadIsThePark(t *testing.T) {
	d, err := templates.Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	for said, elsewhere := range map[string]bool{"某某职业技术学院 校长，0591-00000000": true, "某某集团有限公司总经理": true, "开发区管委会主任": false,
		"党工委副书记，兼某某学院理事": false, "主任 0591-00000000": false} {
		w := model.Workbook{File: model.File{Path: "a.xlsx", Fate: model.Accepted, SHA256: "ab"}, Entries: []model.Entry{
			{Field: "head_contact", Cell: model.Cell{Kind: model.Text, Raw: said, Shown: said, Filled: true}},
			{Field: "office_head", Cell: model.Cell{Kind: model.Text, Raw: said, Shown: said, Filled: true}}}}
		b := NewBatch(d)
		b.Add(Workbook(d, w))
		facts := b.Facts()
		var found []table.Coercion
		for c := range facts.Coercions.All() {
			if c.Kind == "other_post" {
				found = append(found, c)
			}
		}
		if len(found) > 1 || (len(found) == 1) != elsewhere || elsewhere && (found[0].Field != "head_contact" || found[0].From+found[0].To != "") {
			t.Errorf("%s: %+v", said, found)
		}
	}
}

// Names are taken from the fields for persons alone; where a name has three characters or more, who is called by the last two and a title is hidden
// as well. A brand isn't a person.
func TestWhoIsHidden(t *testing.T) {
	w := filled(model.Entry{Field: "lead_enterprise", Cell: typed("李宁")}, model.Entry{Field: "head_name", Cell: typed("欧阳明华")}, model.Entry{Field: "office_head", Cell: typed("张三")},
		model.Entry{Field: "staff_names"}, model.Entry{Field: "plan", Cell: typed("李宁的项目由明华主任牵头，张三主任协助，明华没有题名")})
	if got, want := factsOf(w).Texts.Row(0).Text, "李宁的项目由〔姓名已隐去〕牵头，〔姓名已隐去〕主任协助，明华没有题名"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What another file's fields for persons name is hidden in every file's path, and in what was noted of it by its path.
func TestPathsInNotes(t *testing.T) {
	named := filled(model.Entry{Field: "head_name", Cell: typed("欧阳明华")})
	other := model.Workbook{File: model.File{Path: "欧阳明华.xlsx", Fate: model.Ignored}, Notes: []model.Finding{
		{Code: "LHT-1-030", Places: []model.Place{{File: "欧阳明华.xlsx"}, {File: "别的.xlsx"}}, Vars: map[string]string{"file": "欧阳明华.xlsx"}},
		{Code: "LHT-1-031", Places: []model.Place{{File: "别的.xlsx"}}, Vars: map[string]string{"file": "别的.xlsx"}}}}
	facts := factsOf(named, other)
	hidden := text.MaskedName + ".xlsx"
	x, y := facts.FileFindings[0], facts.FileFindings[1]
	if facts.Files.Row(1).Path != hidden || x.Places[0].File != hidden || x.Vars["file"] != hidden || x.Places[1].File != "别的.xlsx" || y.Places[0].File != "别的.xlsx" || y.Vars["file"] != "别的.xlsx" {
		t.Errorf("%+v, %+v", x, y)
	}
}
