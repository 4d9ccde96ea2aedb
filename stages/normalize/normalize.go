// Package normalize turns the cells of workbooks into typed Arrow tables. It accepts many ways of writing a value; each
// change from the raw to the clean value is recorded as a coercion, and check turns guesses into findings. 未填, 不适用
// and 0 stay three different things: status O, status M, and the number 0.
//
// Workbook reads one file and may run in parallel. Batch collects the rows in the order of the files, decides which
// file of a consortium is its submission, and builds the tables.
package normalize

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// Rows holds the rows of all tables that come from one file.
type Rows struct {
	file                 model.File
	parent               string // sha256 of the workbook that this copy was made from; empty: not a copy
	untouched            bool   // an issued copy in which nothing was changed
	contentHash          string // hash of everything filled in: equal for a resubmission without changes
	cellHashes           []uint64
	notes                []model.Finding // of intake
	personNames          []string        // from its personal fields
	cellsRead, cellsUsed int

	table.Form   // the rows of every table except these two
	metrics      []table.Metric
	contacts     []table.Contact
	supersededBy string // path of the file that is used instead; empty: none
}

// Workbook reads one file into rows, with personal data masked. A file that can't be used has only its row in files.
func Workbook(d *templates.Definition, w model.Workbook) *Rows {
	masker := newNameMasker(d, w.Entries)
	masker.maskWorkbook(&w)
	return readWorkbook(d, w, masker)
}

// Verbatim reads a file as Workbook does, but masks nothing: for documents that go back to whoever filled it in. Its
// rows must never be published. Call it before Workbook, which masks the workbook that it is given.
func Verbatim(d *templates.Definition, w model.Workbook) *Rows {
	return readWorkbook(d, w, nameMasker{disabled: true})
}

func readWorkbook(d *templates.Definition, w model.Workbook, masker nameMasker) *Rows {
	r := &reader{d: d, masker: masker, Rows: &Rows{file: w.File, parent: w.Form.Parent, notes: w.Notes,
		personNames: masker.names, cellsRead: w.CellsRead}}
	if w.File.Fate != model.Accepted {
		return r.Rows
	}
	r.identify(w.Entries)
	var listed []*model.Entry // the cells of lists
	for i := range w.Entries {
		e := &w.Entries[i]
		if e.Filled && !e.Copied { // cells covered by a merged cell repeat its value
			r.cellsUsed++
		}
		if d.Reading.Volatile(e.Formula) {
			r.addCoercions(d.Field(e.Field), e, []table.Coercion{{Kind: "volatile", From: "=" + e.Formula}}, e.Shown)
		}
		if e.Stale != "" {
			from := "=" + e.Formula + "，算得" + e.Stale
			r.addCoercions(d.Field(e.Field), e, []table.Coercion{{Kind: "stale", From: from}}, e.Shown)
		}
		switch f := d.Field(e.Field); {
		case f.Record != "":
			listed = append(listed, e)
		case f.Metric():
			r.addMetric(f, e)
		case f.Long():
			r.addText(f, e)
		default:
			r.addFigure(f, e)
		}
	}
	type recordKey struct {
		list   string
		record int
	}
	recordOf := func(e *model.Entry) recordKey { return recordKey{d.Field(e.Field).Record, e.Record} }
	for _, cells := range table.GroupBy(listed, recordOf) {
		r.addRecord(cells)
	}
	for _, c := range w.Columns {
		r.ListColumns = append(r.ListColumns,
			table.ListColumn{Submission: r.id(), Field: c.Field, Sheet: c.Place.Sheet, Cell: c.Place.Cell})
	}
	for _, c := range w.Loose {
		r.Loose = append(r.Loose, table.LooseCell{Submission: r.id(), Sheet: c.Place.Sheet, Cell: c.Place.Cell,
			Raw: masker.mask(c.Raw), Reason: "不在推荐书栏目内"})
	}
	r.cellHashes = cellHashes(d, w.Entries)
	r.contentHash = contentHash(w.Entries, w.Form.QuestionsHash, d.Reading, r.Coercions)
	r.untouched = w.Form.ContentHash != "" && w.Form.ContentHash == r.versionHash()
	r.Submission.CheckCode = table.CheckCode(d, r.Figures, r.metrics, r.Texts, r.Members)
	return r.Rows
}

// reader reads the entries of one workbook into rows.
type reader struct {
	*Rows
	d      *templates.Definition
	masker nameMasker
}

// identify sets the submission id, which all rows carry: the directory number, or else a hash of the name.
func (r *reader) identify(entries []model.Entry) {
	s := &r.Submission
	s.File, s.SHA256 = r.file.Path, r.file.SHA256
	for _, e := range entries {
		if e.Field != "consortium" {
			continue
		}
		name := r.d.Directory.WithoutRemark(ReadText(e.Cell).Value)
		if _, _, listed := r.d.Directory.ByConsortium(name); !listed {
			name, _ = MatchOption(name, r.d.Directory.Names())
		}
		s.Consortium = text.Mask(name)
	}
	if entry, _, ok := r.d.Directory.ByConsortium(s.Consortium); ok {
		s.DirectoryNo, s.National = table.Some(int32(entry.No)), entry.National != ""
		if s.Submission = fmt.Sprintf("%d-%02d", r.d.Directory.Batch, entry.No); entry.No < templates.AddedFrom {
			return
		}
	}
	// Not in the printed directory: identified by its name, or where that is empty by the file.
	// 40 bits: of ten thousand names two share an id once in twenty thousand batches.
	sum := sha256.Sum256([]byte(cmp.Or(text.NameKey(s.Consortium), r.file.SHA256)))
	id := strings.ToLower(base32.HexEncoding.EncodeToString(sum[:5]))
	s.Submission = fmt.Sprintf("%d-X%s", r.d.Directory.Batch, id)
}

// id returns the id of the submission that this file is a version of.
func (r *Rows) id() string { return r.Submission.Submission }

// edition returns 报送版次 from the cover; 0: not given or not readable.
func (r *Rows) edition() int32 { return r.Submission.Edition.V }

// versionHash identifies the content of a file: everything filled in, and the edition.
func (r *Rows) versionHash() string { return fmt.Sprintf("%s-%d", r.contentHash, r.edition()) }

// contentHash hashes everything filled in, except the edition and the questions that an issued copy was prefilled with.
// Coercions that are not lossless are hashed too, because a correction may change only the format of a cell.
func contentHash(entries []model.Entry, issued string, reading *templates.Reading, read []table.Coercion) string {
	questions, rows := unansweredExplanations(entries)
	if model.QuestionsHash(rows) != issued {
		questions = nil
	}
	h, b := sha256.New(), []byte(nil)
	for i := range entries {
		e := &entries[i]
		if e.Filled && e.Field != "edition" && !(questions[e.Record] && strings.HasPrefix(e.Field, "explanations_")) {
			b = text.AppendParts(b[:0], e.Field, strconv.Itoa(e.Year), strconv.Itoa(e.Record), strings.TrimSpace(e.Raw))
			_, _ = h.Write(append(b, 1))
		}
	}
	for _, c := range read {
		if reading.Route(c.Kind).Class != templates.Lossless {
			fmt.Fprintf(h, "%s\x00%d\x00%d\x00%s\x00%s\x01", c.Field, c.Year.V, c.Record.V, c.Kind, c.From)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// unansweredExplanations returns the records of 情况说明 with a key but no explanation, and the key and subject of each.
func unansweredExplanations(entries []model.Entry) (records map[int]bool, rows [][2]string) {
	const list = "explanations_"
	filled := table.Where(slices.Values(entries), func(e model.Entry) bool {
		return e.Filled && strings.HasPrefix(e.Field, list)
	})
	records = map[int]bool{}
	for _, row := range table.GroupBy(filled, func(e model.Entry) int { return e.Record }) {
		fields := map[string]string{}
		for _, e := range row {
			fields[strings.TrimPrefix(e.Field, list)] = e.Raw
		}
		key, _ := model.SplitExplanationKey(fields["fingerprint"])
		if len(key) == model.KeyLength && fields["explanation"] == "" {
			records[row[0].Record], rows = true, append(rows, [2]string{fields["fingerprint"], fields["about"]})
		}
	}
	return records, rows
}

func (r *reader) addMetric(f *templates.Field, e *model.Entry) {
	n := r.readValue(f, e)
	r.metrics = append(r.metrics, table.Metric{
		Submission: r.id(), Indicator: f.ID, Year: int32(e.Year), Value: n.float(), Unit: f.Unit,
		Kind: string(r.d.Form.YearOf(e.Year).Kind), Status: n.Status, Sheet: e.Place.Sheet, Cell: e.Place.Cell,
		Raw: r.maskedRaw(f, e, n.Status),
	})
}

// rawValue returns the value as the filler saw it: a number with at most the 15 digits that a spreadsheet shows; a
// date, TRUE, a picture, and a number that could not be read, as displayed.
func rawValue(f *templates.Field, e *model.Entry, status table.Status) string {
	switch {
	case isAmount(f, e) && status == table.Normal:
		return text.AmountText(text.TrimFloatNoise(e.Raw))
	case e.Kind == model.Picture:
		return "〔图片〕"
	case e.Kind == model.Bool, e.Kind == model.Number && (e.IsDate || status == table.Invalid):
		return text.TrimFloatNoise(e.Shown)
	case e.Kind == model.Number:
		return text.TrimFloatNoise(e.Raw)
	}
	return e.Raw
}

// maskedRaw returns rawValue with personal data masked.
func (r *reader) maskedRaw(f *templates.Field, e *model.Entry, status table.Status) string {
	return r.masker.mask(rawValue(f, e, status))
}

// isAmount reports whether a cell holds an amount of money, whose eleven digits are not a phone number.
func isAmount(f *templates.Field, e *model.Entry) bool {
	return e.Kind == model.Number && strings.Contains(f.Unit, "元")
}

func (r *reader) readNumber(f *templates.Field, e *model.Entry) *Reading {
	n := ReadNumber(e.Cell, f)
	clean := table.Either(n.Status == table.Normal, n.Number.V.String(), "")
	r.addCoercions(f, e, n.withUnread(f), clean)
	if n.Number.Valid && !isAmount(f, e) && text.Mask(clean) != clean { // a phone number
		n.Status, n.Number.Valid = table.Invalid, false
	}
	return n
}

// withUnread returns the coercions, for an invalid cell of a list with at least one that says so.
func (r *Reading) withUnread(f *templates.Field) []table.Coercion {
	why := func(c table.Coercion) bool { return f.Reading.Route(c.Kind).Class == templates.Unreadable }
	if r.Status == table.Invalid && f.Record != "" && !slices.ContainsFunc(r.Coercions, why) {
		r.addCoercion("unread", "", "")
	}
	return r.Coercions
}

// addCoercions records the coercions of one cell. A guess is recorded from what the filler sees to the final value.
func (r *reader) addCoercions(f *templates.Field, e *model.Entry, list []table.Coercion, clean string) {
	for _, c := range list {
		class := f.Reading.Route(c.Kind).Class
		switch {
		case class == templates.Lossless || c.Kind == "shown_otherwise":
		case c.Kind == "struck", c.Kind == "volatile", c.Kind == "stale":
			c.To = clean
		default:
			c.From, c.To = rawValue(f, e, table.Invalid), clean
		}
		if isAmount(f, e) {
			c.From, c.To = text.AmountText(c.From), text.AmountText(c.To)
		}
		if c.Kind == "magnitude" && e.Kind == model.Number {
			c.From += "（单元格里存的是" + text.AmountText(text.TrimFloatNoise(e.Raw)) + "）"
		}
		c.Submission, c.Field, c.Sheet, c.Cell = r.id(), f.ID, e.Place.Sheet, e.Place.Cell
		c.From, c.To, c.Guess = r.masker.mask(c.From), r.masker.mask(c.To), class == templates.Guess
		if f.Personal { // drop the values, except error values and placeholders such as 待定
			const longestWord = 24 // bytes; a longer text may contain a name
			if c.To = ""; c.Kind != "error_value" && (c.Kind != "unanswered" || len(c.From) > longestWord) {
				c.From = ""
			}
		}
		c.Year, c.Record = table.Nonzero(e.Year), table.Nonzero(e.Record)
		r.Coercions = append(r.Coercions, c)
	}
}

func (r *reader) addText(f *templates.Field, e *model.Entry) {
	t := r.readValue(f, e)
	r.Texts = append(r.Texts, table.Text{Submission: r.id(), Field: f.ID, Year: table.Nonzero(e.Year), Status: t.Status,
		Text: t.Value, Characters: int32(templates.Characters(t.typed)), Limit: table.Nonzero(f.Limit),
		Sheet: e.Place.Sheet, Cell: e.Place.Cell})
}

// addFigure reads a field without a year. Of a personal field figures gets only the status; the value goes to contacts.
func (r *reader) addFigure(f *templates.Field, e *model.Entry) {
	v := r.readValue(f, e)
	row := table.Figure{Submission: r.id(), Field: f.ID, Unit: f.Unit, Sheet: e.Place.Sheet, Cell: e.Place.Cell,
		Raw: r.maskedRaw(f, e, v.Status), Status: v.Status, Number: v.float(), Text: v.Value}
	if f.Personal {
		if v.Value != "" {
			r.contacts = append(r.contacts, table.Contact{Submission: r.id(), Field: f.ID, Text: v.Value,
				Sheet: e.Place.Sheet, Cell: e.Place.Cell})
		}
		row.Text, row.Raw = "", ""
	}
	r.Figures = append(r.Figures, row)
	r.setCover(f.ID, v)
}

// readValue reads a cell by the type of its field and records the coercions.
func (r *reader) readValue(f *templates.Field, e *model.Entry) *Reading {
	switch {
	case e.NotAsked: // this version of the form does not have the field
		return &Reading{Status: table.NotApplicable}
	case f.ID == "edition":
		return r.readEdition(f, e)
	case f.Numeric():
		return r.readNumber(f, e)
	case f.Type == templates.DateField:
		t := ReadDate(e.Cell)
		r.addCoercions(f, e, t.withUnread(f), t.Value)
		t.Value = r.masker.mask(t.Value)
		return t
	case f.Type == templates.ConfirmField:
		return r.readConfirmation(f, e)
	}
	t := ReadText(e.Cell)
	t.checkAnswer(f)
	known := false
	t.typed = t.Value
	if f.Type == templates.ChoiceField && t.Status == table.Normal {
		plain := r.d.Directory.WithoutRemark(t.typed)
		t.coerce("choice", t.typed, plain)
		if t.Value, known = MatchOption(plain, r.d.Options(f)); known {
			t.coerce("choice", trim(plain), t.Value)
		} else if !f.Open {
			t.Status = table.Invalid
		}
	}
	if f.Type == templates.NamesField && t.Status == table.Normal {
		t.Number = table.Some(decimal.NewFromInt(int64(len(SplitNames(t.typed)))))
	}
	named, posts := func(word string) bool { return strings.Contains(t.typed, word) }, r.d.Form.Posts
	if f.Post && slices.ContainsFunc(posts.Elsewhere, named) && !slices.ContainsFunc(posts.Park, named) {
		t.addCoercion("other_post", "", "")
	}
	r.addCoercions(f, e, t.withUnread(f), t.typed)
	if !known {
		t.Value = r.maskText(f, e, t.Value)
	}
	return t
}

func (r *reader) readConfirmation(f *templates.Field, e *model.Entry) *Reading {
	t := ReadText(e.Cell)
	if yes, ok := ParseConfirmation(t.Value); ok {
		t.Status, t.Value = table.Normal, fmt.Sprint(yes)
	} else if t.Value = ""; t.Status != table.Missing {
		t.Status = table.Invalid
	}
	t.Coercions = slices.DeleteFunc(t.Coercions, func(c table.Coercion) bool {
		return c.Kind == "trimmed" || c.Kind == "number_text"
	})
	r.addCoercions(f, e, t.Coercions, t.Value)
	return t
}

func (r *reader) setCover(field string, v *Reading) {
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

func (r *reader) addRecord(cells []*model.Entry) {
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
		v := row.readValue(f, e)
		c := table.ListCell{Submission: row.id(), List: row.list, Record: row.record, Field: f.ID,
			Number: v.float(), Text: v.Value, Unit: f.Unit, Status: v.Status, Sheet: e.Place.Sheet, Cell: e.Place.Cell,
			Raw: row.maskedRaw(f, e, v.Status)}
		if f.Personal {
			c.Text, c.Raw = "", ""
		}
		out = append(out, c)
	}
	return out
}

// recordRow is one record of a list.
type recordRow struct {
	*reader
	list   string
	record int32
	cells  []*model.Entry
}

// cell returns the entry of a column; a blank one where the cell is empty.
func (row recordRow) cell(column string) (*templates.Field, *model.Entry) {
	id := row.list + "_" + column
	f := row.d.Field(id)
	i := slices.IndexFunc(row.cells, func(e *model.Entry) bool { return e.Field == id })
	if i < 0 {
		return f, &model.Entry{Field: id, Record: int(row.record)}
	}
	return f, row.cells[i]
}

func (row recordRow) text(column string) string {
	f, e := row.cell(column)
	return row.readValue(f, e).Value
}

func (row recordRow) date(column string) string {
	f, e := row.cell(column)
	if v := row.readValue(f, e); v.Status == table.Normal {
		return v.Value
	}
	return row.maskText(f, e, rawValue(f, e, table.Invalid)) // kept as typed: no rule depends on this date
}

func (row recordRow) member() table.Member {
	kindField, kindCell := row.cell("kind")
	enrolmentField, enrolmentCell := row.cell("enrolment")
	name := row.text("name")
	kind, enrolment := row.readValue(kindField, kindCell), row.readValue(enrolmentField, enrolmentCell)
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
