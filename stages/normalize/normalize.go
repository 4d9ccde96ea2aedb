// Package normalize turns the cells of workbooks into typed Arrow tables. What fillers type is read generously; every
// change from raw to clean is a coercion, and check makes a finding of guesses. 未填, 不适用 and 0 stay three things:
// status O, status M, and the number 0.
//
// Workbook reads one file and can run beside others; Batch gathers the rows in the order of the files, decides which
// file of a consortium is its submission, and gives the facts.
package normalize

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// Rows is what one file contributes.
type Rows struct {
	file       model.File
	parent     string // sha256 of the workbook that this copy was made from
	untouched  bool   // a copy that says what its parent said
	content    string // hash of everything filled in: equal for a resubmission without changes
	cellHashes []uint64
	notes      []model.Finding
	people     []string // whom its fields for persons name
	read, used int

	table.Form   // its rows of every table but one
	contacts     []table.Contact
	supersededBy string // path of the file that is read in its place
}

// Workbook turns one file's cells into rows. A file that can't be used has none but its own.
func Workbook(d *templates.Definition, w model.Workbook) *Rows {
	p := privateOf(d, w.Entries)
	p.hideSource(&w)
	return workbook(d, w, p)
}

// Verbatim reads a file as Workbook does, but hides nothing: for papers that go back to whoever filled it in. Its rows
// may reach no published table. It goes first: Workbook hides in the workbook itself.
func Verbatim(d *templates.Definition, w model.Workbook) *Rows {
	return workbook(d, w, private{open: true})
}

func workbook(d *templates.Definition, w model.Workbook, p private) *Rows {
	rows := &Rows{file: w.File, parent: w.Form.Parent, notes: w.Notes, people: p.said, read: w.CellsRead}
	r := &reader{d: d, private: p, Rows: rows}
	if w.File.Fate != model.Accepted {
		return r.Rows
	}
	r.identify(w.Entries)
	var listed []model.Entry // cells of lists
	for _, e := range w.Entries {
		if e.Filled && !e.Copied { // what lies under a merged cell is that cell's value once more
			r.used++
		}
		if d.Reading.Volatile(e.Formula) {
			r.coerced(d.Field(e.Field), e, []table.Coercion{{Kind: "volatile", From: "=" + e.Formula}}, e.Shown)
		}
		switch f := d.Field(e.Field); {
		case f.Record != "":
			listed = append(listed, e)
		case f.Metric():
			r.metric(f, e)
		case f.Long():
			r.text(f, e)
		default:
			r.figure(f, e)
		}
	}
	type recordKey struct {
		list   string
		record int
	}
	row := func(e model.Entry) recordKey { return recordKey{d.Field(e.Field).Record, e.Record} }
	for _, cells := range table.GroupBy(listed, row) {
		r.record(cells)
	}
	for _, c := range w.Columns {
		r.ListColumns = append(r.ListColumns,
			table.ListColumn{Submission: r.id(), Field: c.Field, Sheet: c.Place.Sheet, Cell: c.Place.Cell})
	}
	for _, c := range w.Loose {
		r.Loose = append(r.Loose, table.LooseCell{Submission: r.id(), Sheet: c.Place.Sheet, Cell: c.Place.Cell,
			Raw: p.hide(c.Raw), Reason: "不在推荐书栏目内"})
	}
	r.cellHashes = cellHashes(d, w.Entries)
	r.content = contentHash(w.Entries, w.Form.QuestionsHash, d.Reading, r.Coercions)
	r.untouched = w.Form.ContentHash != "" && w.Form.ContentHash == r.said()
	r.Submission.CheckCode = table.CheckCode(d, r.Figures, r.Metrics, r.Texts, r.Members)
	return r.Rows
}

// reader turns the entries of one workbook into rows.
type reader struct {
	*Rows
	d       *templates.Definition
	private private
}

// identify finds out whose workbook it is: everything else carries the submission's id.
func (r *reader) identify(entries []model.Entry) {
	s := &r.Submission
	s.File, s.SHA256 = r.file.Path, r.file.SHA256
	for _, e := range entries {
		if e.Field != "consortium" {
			continue
		}
		name := r.d.Directory.WithoutRemark(Text(e.Cell).Value)
		if _, _, listed := r.d.Directory.ByConsortium(name); !listed {
			name, _ = Choice(name, r.d.Directory.Names())
		}
		s.Consortium = text.Mask(name)
	}
	if entry, _, ok := r.d.Directory.ByConsortium(s.Consortium); ok {
		s.DirectoryNo, s.National = table.Some(int32(entry.No)), entry.National != ""
		if s.Submission = fmt.Sprintf("%d-%02d", r.d.Directory.Batch, entry.No); entry.No < templates.AddedFrom {
			return
		}
	}
	// Off the printed directory the name is the identity; where there is none, the file is.
	name := cmp.Or(text.NameKey(s.Consortium), r.file.SHA256)
	s.Submission = fmt.Sprintf("%d-X%s", r.d.Directory.Batch, model.Digest([]byte(name))[:6])
}

// id is the submission that the file is, or of which it is an earlier version.
func (r *Rows) id() string { return r.Submission.Submission }

// number is that of the edition; 0 where the cover doesn't tell.
func (r *Rows) number() int32 { return r.Submission.Edition.V }

// said is what a file says, in short: everything filled in, and the number of the edition.
func (r *Rows) said() string { return fmt.Sprintf("%s-%d", r.content, r.number()) }

// contentHash is over everything filled in but the edition and the questions that a copy was issued with. Guesses and
// failures of reading belong to it: the correction may be to a cell's format alone.
func contentHash(entries []model.Entry, asked string, reading *templates.Reading, read []table.Coercion) string {
	questions, rows := waiting(entries)
	if model.QuestionsHash(rows) != asked {
		questions = nil
	}
	h := sha256.New()
	for _, e := range entries {
		if questions[e.Record] && strings.HasPrefix(e.Field, "explanations_") {
			continue
		}
		if e.Filled && e.Field != "edition" {
			said := []string{e.Field, strconv.Itoa(e.Year), strconv.Itoa(e.Record), strings.TrimSpace(e.Raw)}
			_, _ = io.WriteString(h, strings.Join(said, "\x00")+"\x01")
		}
	}
	for _, c := range read {
		if reading.Route(c.Kind).Class != templates.Lossless {
			fmt.Fprintf(h, "%s\x00%d\x00%d\x00%s\x00%s\x01", c.Field, c.Year.V, c.Record.V, c.Kind, c.From)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// waiting gives the records that hold a key and no explanation, and of each the key and what it is about.
func waiting(entries []model.Entry) (records map[int]bool, rows [][2]string) {
	const list = "explanations_"
	filled := table.Where(slices.Values(entries), func(e model.Entry) bool {
		return e.Filled && strings.HasPrefix(e.Field, list)
	})
	records = map[int]bool{}
	for _, row := range table.GroupBy(filled, func(e model.Entry) int { return e.Record }) {
		said := map[string]string{}
		for _, e := range row {
			said[strings.TrimPrefix(e.Field, list)] = e.Raw
		}
		key, _ := model.SplitExplanationKey(said["fingerprint"])
		if len(key) == model.KeyLength && said["explanation"] == "" {
			records[row[0].Record], rows = true, append(rows, [2]string{said["fingerprint"], said["about"]})
		}
	}
	return records, rows
}

func (r *reader) metric(f *templates.Field, e model.Entry) {
	n := r.single(f, e)
	r.Metrics = append(r.Metrics, table.Metric{
		Submission: r.id(), Indicator: f.ID, Year: int32(e.Year), Value: n.float(), Unit: f.Unit,
		Kind: string(r.d.Form.YearOf(e.Year).Kind), Status: n.Status, Sheet: e.Place.Sheet, Cell: e.Place.Cell,
		Raw: r.raw(f, e, n.Status),
	})
}

// original is what the filler saw: of a number the digits that a spreadsheet shows; a date, TRUE, a picture, and a
// number whose format shows something else as shown.
func original(f *templates.Field, e model.Entry, status table.Status) string {
	switch {
	case amount(f, e) && status == table.Normal:
		return text.Amount(text.Shown(e.Raw))
	case e.Kind == model.Picture:
		return "〔图片〕"
	case e.Kind == model.Bool, e.Kind == model.Number && (e.IsDate || status == table.Invalid):
		return text.Shown(e.Shown)
	case e.Kind == model.Number:
		return text.Shown(e.Raw)
	}
	return e.Raw
}

// raw is original, fit to be published.
func (r *reader) raw(f *templates.Field, e model.Entry, status table.Status) string {
	return r.private.hide(original(f, e, status))
}

// amount says whether a cell holds money as a number: eleven digits of it are no phone.
func amount(f *templates.Field, e model.Entry) bool {
	return e.Kind == model.Number && strings.Contains(f.Unit, "元")
}

func (r *reader) number(f *templates.Field, e model.Entry) *Reading {
	n := Number(e.Cell, f)
	clean := n.Number.V.String()
	if n.Status != table.Normal {
		clean = ""
	}
	r.coerced(f, e, n.unread(f), clean)
	if n.Number.Valid && !amount(f, e) && text.Mask(clean) != clean { // somebody's phone is no figure
		n.Status, n.Number.Valid = table.Invalid, false
	}
	return n
}

// unread adds that a cell of a list, which has no status, could not be read, where nothing else says why.
func (r *Reading) unread(f *templates.Field) []table.Coercion {
	why := func(c table.Coercion) bool { return f.Reading.Route(c.Kind).Class == templates.Unreadable }
	if r.Status == table.Invalid && f.Record != "" && !slices.ContainsFunc(r.Coercions, why) {
		r.add("unread", "", "")
	}
	return r.Coercions
}

// coerced records the changes to a value. Of a guess it says what the filler sees and what was read in the end.
func (r *reader) coerced(f *templates.Field, e model.Entry, list []table.Coercion, clean string) {
	for _, c := range list {
		class := f.Reading.Route(c.Kind).Class
		switch {
		case class == templates.Lossless || c.Kind == "shown_otherwise":
		case c.Kind == "struck", c.Kind == "volatile":
			c.To = clean
		default:
			c.From, c.To = original(f, e, table.Invalid), clean
		}
		if amount(f, e) {
			c.From, c.To = text.Amount(c.From), text.Amount(c.To)
		}
		if c.Kind == "magnitude" && e.Kind == model.Number {
			c.From += "（单元格里存的是" + text.Amount(text.Shown(e.Raw)) + "）"
		}
		c.Submission, c.Field, c.Sheet, c.Cell = r.id(), f.ID, e.Place.Sheet, e.Place.Cell
		c.From, c.To, c.Guess = r.private.hide(c.From), r.private.hide(c.To), class == templates.Guess
		if f.Personal { // what was changed in personal data is nobody's business; an error value is none, nor is 待定
			const longestWord = 24 // bytes; a longer one may hold a name
			if c.To = ""; c.Kind != "error_value" && (c.Kind != "unanswered" || len(c.From) > longestWord) {
				c.From = ""
			}
		}
		c.Year, c.Record = table.Nonzero(e.Year), table.Nonzero(e.Record)
		r.Coercions = append(r.Coercions, c)
	}
}

func (r *reader) text(f *templates.Field, e model.Entry) {
	t := r.single(f, e)
	r.Texts = append(r.Texts, table.Text{Submission: r.id(), Field: f.ID, Year: table.Nonzero(e.Year), Status: t.Status,
		Text: t.Value, Characters: int32(templates.Characters(t.typed)), Limit: table.Nonzero(f.Limit),
		Sheet: e.Place.Sheet, Cell: e.Place.Cell})
}

// figure reads an undated field by its type. Of a personal one only the status stays here; the words go to contacts.
func (r *reader) figure(f *templates.Field, e model.Entry) {
	v := r.single(f, e)
	row := table.Figure{Submission: r.id(), Field: f.ID, Unit: f.Unit, Sheet: e.Place.Sheet, Cell: e.Place.Cell,
		Raw: r.raw(f, e, v.Status), Status: v.Status, Number: v.float(), Text: v.Value}
	if f.Personal {
		if v.Value != "" {
			r.contacts = append(r.contacts, table.Contact{Submission: r.id(), Field: f.ID, Text: v.Value,
				Sheet: e.Place.Sheet, Cell: e.Place.Cell})
		}
		row.Text, row.Raw = "", ""
	}
	r.Figures = append(r.Figures, row)
	r.cover(f.ID, v)
}

func (r *reader) single(f *templates.Field, e model.Entry) *Reading {
	switch {
	case e.NotAsked: // the workbook's version of the form did not have the field yet
		return &Reading{Status: table.NotApplicable}
	case f.ID == "edition":
		return r.edition(f, e)
	case f.Numeric():
		return r.number(f, e)
	case f.Type == templates.DateField:
		t := Date(e.Cell)
		r.coerced(f, e, t.unread(f), t.Value)
		t.Value = r.private.hide(t.Value)
		return t
	case f.Type == templates.ConfirmField:
		return r.confirmation(f, e)
	}
	t := Text(e.Cell)
	t.answer(f)
	known := false
	t.typed = t.Value
	if f.Type == templates.ChoiceField && t.Status == table.Normal {
		plain := r.d.Directory.WithoutRemark(t.typed)
		t.note("choice", t.typed, plain)
		if t.Value, known = Choice(plain, r.d.Options(f)); known {
			t.note("choice", trim(plain), t.Value)
		} else if !f.Open {
			t.Status = table.Invalid
		}
	}
	if f.Type == templates.NamesField && t.Status == table.Normal {
		t.Number = table.Some(decimal.NewFromInt(int64(len(Names(t.typed)))))
	}
	named, posts := func(word string) bool { return strings.Contains(t.typed, word) }, r.d.Form.Posts
	if f.Post && slices.ContainsFunc(posts.Elsewhere, named) && !slices.ContainsFunc(posts.Park, named) {
		t.add("other_post", "", "")
	}
	r.coerced(f, e, t.unread(f), t.typed)
	if !known {
		t.Value = r.seen(f, e, t.Value)
	}
	return t
}

func (r *reader) confirmation(f *templates.Field, e model.Entry) *Reading {
	t := Text(e.Cell)
	if yes, ok := Confirm(t.Value); ok {
		t.Status, t.Value = table.Normal, fmt.Sprint(yes)
	} else if t.Value = ""; t.Status != table.Missing {
		t.Status = table.Invalid
	}
	t.Coercions = slices.DeleteFunc(t.Coercions, func(c table.Coercion) bool {
		return c.Kind == "trimmed" || c.Kind == "number_text"
	})
	r.coerced(f, e, t.Coercions, t.Value)
	return t
}

func (r *reader) cover(field string, v *Reading) {
	s := &r.Submission
	switch field {
	case "city":
		s.City = v.Value
		if city, ok := r.d.Directory.CityByName(v.Value); ok {
			s.City, s.CityCode = city.Name, city.Code
		}
	case "park":
		s.Park = v.Value
	case "lead_school":
		s.LeadSchool = v.Value
	case "lead_enterprise":
		s.LeadEnterprise = v.Value
	}
}

func (r *reader) record(cells []model.Entry) {
	at, list := cells[0].Place, r.d.Field(cells[0].Field).Record
	row := recordRow{reader: r, list: list, record: int32(cells[0].Record), cells: cells}
	switch list {
	case "members":
		r.Members = append(r.Members, row.member())
	case "materials":
		r.Materials = append(r.Materials, table.Material{Submission: r.id(), Record: row.record, Number: row.text("number"),
			Title: row.text("title"), Supports: row.text("supports"), Pages: row.text("pages"), Sheet: at.Sheet, Cell: at.Cell})
	case "verifications":
		date := row.date("date")
		r.Verifications = append(r.Verifications, table.Verification{Submission: r.id(), Record: row.record,
			Section: row.text("section"), Means: row.text("means"), Unit: row.text("unit"), Result: row.text("result"),
			Day: table.Day(date), Date: date, Sheet: at.Sheet, Cell: at.Cell})
	case "explanations":
		fingerprint, values := model.SplitExplanationKey(row.text("fingerprint"))
		r.Explanations = append(r.Explanations, table.Explanation{Submission: r.id(), Record: row.record,
			Fingerprint: fingerprint, ValueHash: values, About: row.text("about"), Explanation: row.text("explanation"),
			Sheet: at.Sheet, Cell: at.Cell})
	default:
		r.ListCells = append(r.ListCells, row.listCells()...)
	}
}

func (row recordRow) listCells() []table.ListCell {
	var out []table.ListCell
	for _, e := range row.cells {
		f := row.d.Field(e.Field)
		v := row.single(f, e)
		c := table.ListCell{Submission: row.id(), List: row.list, Record: row.record, Field: f.ID,
			Number: v.float(), Text: v.Value, Unit: f.Unit, Status: v.Status, Sheet: e.Place.Sheet, Cell: e.Place.Cell,
			Raw: row.raw(f, e, v.Status)}
		if f.Personal {
			c.Text, c.Raw = "", ""
		}
		out = append(out, c)
	}
	return out
}

type recordRow struct {
	*reader
	list   string
	record int32
	cells  []model.Entry
}

// cell gives the entry of a column; a blank one where it was left empty.
func (row recordRow) cell(column string) (*templates.Field, model.Entry) {
	id := row.list + "_" + column
	f := row.d.Field(id)
	i := slices.IndexFunc(row.cells, func(e model.Entry) bool { return e.Field == id })
	if i < 0 {
		return f, model.Entry{Field: id, Record: int(row.record)}
	}
	return f, row.cells[i]
}

func (row recordRow) text(column string) string {
	f, e := row.cell(column)
	return row.single(f, e).Value
}

func (row recordRow) date(column string) string {
	f, e := row.cell(column)
	if v := row.single(f, e); v.Status == table.Normal {
		return v.Value
	}
	return row.seen(f, e, original(f, e, table.Invalid)) // kept as typed; the date of a verification decides nothing
}

func (row recordRow) member() table.Member {
	kindField, kindCell := row.cell("kind")
	enrolmentField, enrolmentCell := row.cell("enrolment")
	name := row.text("name")
	kind, enrolment := row.single(kindField, kindCell), row.single(enrolmentField, enrolmentCell)
	_, nameCell := row.cell("name")
	if nameCell.Place.Cell == "" {
		nameCell = row.cells[0]
	}
	m := table.Member{Submission: row.id(), Record: row.record, KindLabel: kind.Value, Name: name,
		NameKey: text.Mask(text.NameKey(name)), Enrolment: enrolment.float(), Status: enrolment.Status,
		IsLead: row.text("lead") == row.d.Form.Yes(), Sheet: nameCell.Place.Sheet, Cell: nameCell.Place.Cell}
	m.Kind = row.d.Form.Kind(kind.Value).ID
	return m
}
