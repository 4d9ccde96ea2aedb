// Package intake reads the files that arrived into flat cells with places. Every file is read once: first its container
// is verified, then its sheets are read, then its cells are bound to the form. Only where no year is given, FormYear
// looks into each before. A file that can't be used becomes a refusal with a code; it never stops the others.
//
// Files are untrusted, so each library that parses their bytes is bounded before it is called:
//
//	archive/zip, flate, XML   in package office/ooxml, within its limits; the input is at most 20 MB
//	mscfb                     its paths take quadratic memory in the number of streams: 256 KB of directory
//	Decrypt                   of excelize, hashes a password as often as the file says: at most 1,000,000 times
//
// excelize opens such a file only to annotate it (package feedback), after this reader accepted it, below 4 MB of XML.
// A panic is recovered file by file. Each of these entry points has a fuzz target.
package intake

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/table"
	"lianheti/templates"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Read reads one file. It is Accepted if its cells could be bound to the form, even if a later version replaces it.
func Read(d *templates.Definition, s Source) model.Workbook {
	file, book, refusal := s.readBook("")
	if refusal == nil {
		defer book.release()
		return bind(d, file, book)
	}
	code := refusal.Code
	if s.decided != nil && (code == CodeNotWorkbook && s.decided.fate() == model.Ignored ||
		(code == CodeNotWorkbook || code == CodeIncomplete) && s.decided.Code == CodeOtherArchive) {
		refusal = s.decided // the content does not contradict the name
	}
	return refused(file, refusal)
}

// readBook reads the cells of a workbook, or says why it can't. With onlySheet, see open, the file is not hashed.
func (s Source) readBook(onlySheet string) (file model.File, book *Book, refusal *Refusal) {
	file = model.File{Path: s.Path, Size: s.Size}
	if s.decided != nil {
		if refusal = s.decidedByName(&file); refusal != nil {
			return file, nil, refusal
		}
	}
	buffer := fileBuffers.Get().(*bytes.Buffer)
	buffer.Reset()
	defer func() {
		const maxKept = 1 << 20 // a form has some 200 KB
		if buffer.Cap() <= maxKept {
			fileBuffers.Put(buffer)
		}
	}()
	if err := s.readInto(buffer); err != nil {
		file.SHA256, file.NoHash, _ = s.digest()
		return file, nil, s.readRefusal(err)
	}
	data := buffer.Bytes()
	if onlySheet == "" {
		file.SHA256 = model.Digest(data)
	}
	file.Size, file.Fate = int64(len(data)), model.Accepted
	book, refusal = open(data, onlySheet)
	return file, book, refusal
}

// fileBuffers holds buffers for the bytes of a file, of which a book keeps none.
var fileBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// decidedByName is the refusal of a file by its name or kind; nil: its first bytes contradict that, so open it.
func (s Source) decidedByName(file *model.File) *Refusal {
	if s.decided.Code == CodeUnreadable {
		file.NoHash = s.decided.Detail
		return s.decided
	}
	var head []byte // files that are not read are hashed, too, so that every file that arrived can be recognised
	file.SHA256, file.NoHash, head = s.digest()
	lock := s.decided.Code == CodeLockFile
	book := bytes.HasPrefix(head, ooxml.MagicZip) || lock && bytes.HasPrefix(head, ooxml.MagicOLE)
	if s.onlyByName && book && s.Size <= MaxFile {
		return nil
	}
	if other := sniff(head); s.onlyByName && s.decided.Code == CodeOldExcel && other != nil {
		return other
	}
	return s.decided
}

// ReadCells reads a workbook that is not a submission (experts' marks, the register): every filled cell with its place,
// in the order of the file, and what became of the file. A panic is a refusal.
func ReadCells(s Source) (file model.File, cells []model.Cell) {
	defer func() {
		if recover() != nil {
			file, cells = Failed(s).File, nil
		}
	}()
	file, book, refusal := s.readBook("")
	if refusal != nil {
		return refused(file, refusal).File, nil
	}
	defer book.release()
	for _, sheet := range book.Sheets {
		for _, cell := range sheet.Cells {
			if cell.Filled {
				cell.Place.File = s.Path
				cells = append(cells, cell.Cell)
			}
		}
	}
	return file, cells
}

// FormYear returns the year of the form in a workbook; 0 if it has none.
func FormYear(s Source) (year int) {
	defer func() { _ = recover() }()
	_, book, refusal := s.readBook(templates.MetaSheet)
	if refusal != nil {
		return 0
	}
	defer book.release()
	b := &binder{book: book}
	b.identify()
	return b.out.Form.Year
}

// Failed is the result for a file on which the program itself failed: it is rejected like any other that can't be used.
func Failed(s Source) model.Workbook {
	file := model.File{Path: s.Path, Size: s.Size}
	file.SHA256, file.NoHash, _ = s.digest()
	return refused(file, &Refusal{Code: CodeFailed})
}

func (s Source) readRefusal(err error) *Refusal {
	switch {
	case errors.Is(err, errTooLarge):
		return &Refusal{CodeTooLarge, "超过 20 MB"}
	case errors.Is(err, zip.ErrAlgorithm):
		return &Refusal{CodePackageDamaged, "压缩方法不认识"}
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrFormat):
		return &Refusal{CodePackageDamaged, "校验和不符"}
	case s.entry >= 0:
		return &Refusal{CodePackageDamaged, "其中的文件解不开"}
	}
	return &Refusal{CodeUnreadable, reasonOf(err)}
}

// FromDisk is the source for a single file on disk.
func FromDisk(file string) Source {
	s := Source{Path: filepath.Base(file), disk: file, entry: -1}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		s.decided = &Refusal{CodeUnreadable, "不是普通文件"}
	}
	return s
}

// ReadWord verifies a Word file and passes its main part and footers to read, which may find that it is not the form.
func ReadWord(s Source, read func(main []byte, footers [][]byte) (foreign string, err error)) model.File {
	out := model.File{Path: s.Path}
	if s.decided != nil && s.decided.fate() == model.Rejected {
		return refused(out, s.decided).File
	}
	data, err := s.Read()
	if err != nil {
		return refused(out, s.readRefusal(err)).File
	}
	out.SHA256, out.Size, out.Fate = model.Digest(data), int64(len(data)), model.Accepted
	main, footers, part, refusal := openWord(data)
	if refusal != nil {
		return refused(out, refusal).File
	}
	switch foreign, err := read(main, footers); {
	case err != nil:
		return refused(out, refuseFault(err, part)).File
	case foreign != "":
		return refused(out, refuse(CodeNotWordForm, "%s", foreign)).File
	}
	return out
}

// openWord returns the main part of a Word file, its footers, and the name of the main part.
func openWord(data []byte) (main []byte, footers [][]byte, part string, refusal *Refusal) {
	p, refusal := unpack(data, ooxml.Open)
	if refusal != nil {
		return nil, nil, "", notWord(refusal)
	}
	part, kind, err := p.MainPart(ooxml.NewWalker())
	switch {
	case err != nil:
		return nil, nil, "", refuseFault(err, "[Content_Types].xml")
	case strings.Contains(kind, "macroEnabled"):
		return nil, nil, "", refuse(CodeNotWord, "带宏的文档（.docm）")
	case strings.Contains(kind, "spreadsheetml"):
		return nil, nil, "", refuse(CodeNotWord, "工作簿（.xlsx）")
	case strings.HasPrefix(string(p.Get("mimetype")), "application/vnd.oasis"):
		return nil, nil, "", refuse(CodeNotWord, "ODF 文档（.odt）")
	case !strings.Contains(kind, "wordprocessingml") || !p.Has(part):
		return nil, nil, "", refuse(CodeNotWord, "别的压缩文件")
	}
	for n := range 64 { // more than any program writes
		if footer := p.Get(fmt.Sprintf("%s/footer%d.xml", path.Dir(part), n)); footer != nil {
			footers = append(footers, footer)
		}
	}
	return p.Get(part), footers, part, nil
}

// notWord turns the refusal of a file that is no Word file into one that says what it is.
func notWord(r *Refusal) *Refusal {
	what := map[string]string{CodeOldExcel: "旧版文档（.doc 或 .wps）", CodeWebPage: "网页或文本", CodeCSV: "网页或文本",
		CodeOtherArchive: "压缩包", CodeNotWorkbook: strings.TrimSpace(r.Detail)}[r.Code]
	if what == "" {
		return r
	}
	return &Refusal{CodeNotWord, what}
}

// Codes of what can be wrong with a file. Their words stand in the catalogue (rules-files.yaml).
const (
	CodeEncrypted      = "LHT-1-001"
	CodeOldExcel       = "LHT-1-002" // .xls, .et
	CodeWebPage        = "LHT-1-003" // html, mht or xml under a workbook's name
	CodeCSV            = "LHT-1-004"
	CodeIncomplete     = "LHT-1-005" // cut off
	CodeDamaged        = "LHT-1-006" // checksums or XML don't hold
	CodePackagePass    = "LHT-1-007" // package with a password
	CodePackageDamaged = "LHT-1-008"
	CodePackageNested  = "LHT-1-009" // packages in packages
	CodeOtherArchive   = "LHT-1-010" // rar, 7z, gz and their like
	CodeTooLarge       = "LHT-1-011"
	CodeInflates       = "LHT-1-012" // unpacks to far more than a form can hold
	CodeNotTemplate    = "LHT-1-013"
	CodeWrongVersion   = "LHT-1-014"
	CodeWrongYear      = "LHT-1-015"
	CodeEmpty          = "LHT-1-016"
	CodeUnreadable     = "LHT-1-017" // no permission, or not a regular file
	CodeMacro          = "LHT-1-018" // .xlsm, .xlsb
	CodeOpenDocument   = "LHT-1-019"
	CodeNotWorkbook    = "LHT-1-020" // pdf, picture, Word under a workbook's name
	CodeManyParts      = "LHT-1-021" // more sheets, cells or merges than a form can have

	CodeFailed = "LHT-1-022" // the program itself failed on it

	CodeNotWord     = "LHT-1-023" // no Word file of today
	CodeNotWordForm = "LHT-1-024" // a Word file, but not the form

	CodePackageMany = "LHT-1-025" // more in a package than anybody sends

	CodeAltered   = "LHT-1-030" // names and labels disagree
	CodeNamesLost = "LHT-1-031"
	CodeFieldLost = "LHT-1-032"
	CodeMetaLost  = "LHT-1-033"
	CodeLoose     = "LHT-1-034"
	CodeNoteWords = "LHT-1-038" // words in notes

	CodeMerged      = "LHT-1-035" // whose value it is can't be told
	CodeMergedGroup = "LHT-1-036" // a group of rows named by one merged cell
	CodeHidden      = "LHT-1-037" // hidden or filtered rows, columns, sheets

	CodeLockFile   = "LHT-1-050"
	CodeSystemFile = "LHT-1-051"
	CodeOtherFile  = "LHT-1-052"
	CodePiece      = "LHT-1-055" // the recommendation as Word or PDF, beside its workbook
	CodeOldWord    = "LHT-1-056" // perhaps that, in a format of old
	CodePackage    = "LHT-1-053" // a package whose files were taken out
	CodeOwnPaper   = "LHT-1-054" // a paper of the program's own, or one that is read for something else
)

// MaxFile is the most that is read of a file, in bytes.
const MaxFile = ooxml.MaxFile

// Refusal is why a file can't be used: a code of the catalogue, and details for people.
type Refusal struct {
	Code   string
	Detail string
}

func (r *Refusal) Error() string { return r.Detail }

// fate is the fate of the refused file: codes from 050 on mean that it is not a submission.
func (r *Refusal) fate() model.Fate {
	return table.Either(strings.HasPrefix(r.Code, "LHT-1-05"), model.Ignored, model.Rejected)
}

func refused(file model.File, r *Refusal) model.Workbook {
	file.Fate, file.Code, file.Detail = r.fate(), r.Code, r.Detail
	return model.Workbook{File: file}
}

func refuse(code, format string, args ...any) *Refusal {
	return &Refusal{code, fmt.Sprintf(format, args...)}
}

// unpack opens a workbook's container; with ooxml.Open, it is verified as a whole.
func unpack(data []byte, with func([]byte) (*ooxml.Parts, error)) (*ooxml.Parts, *Refusal) {
	if refusal := sniff(data); refusal != nil {
		return nil, refusal
	}
	var p *ooxml.Parts
	plain, err := ooxml.Decrypt(data)
	if err == nil {
		p, err = with(plain)
	}
	if err != nil {
		return nil, refuseFault(err, "")
	}
	return p, nil
}

// refuseKind refuses containers that hold something other than a workbook. main is the content type of the main part.
func refuseKind(p *ooxml.Parts, main string) error {
	types := string(p.Get("[Content_Types].xml"))
	switch {
	case strings.HasPrefix(string(p.Get("mimetype")), "application/vnd.oasis"):
		return &Refusal{CodeOpenDocument, ""}
	case strings.Contains(main, "macroEnabled") || strings.Contains(main, "sheet.binary"):
		return &Refusal{CodeMacro, ""}
	case strings.Contains(types, "wordprocessingml"), p.Has("word/document.xml"):
		return &Refusal{CodeNotWorkbook, "Word 文档"}
	case strings.Contains(types, "presentationml"):
		return &Refusal{CodeNotWorkbook, "演示文稿"}
	case types == "":
		return &Refusal{CodeNotWorkbook, "压缩包"}
	}
	return nil
}

// faultCodes are the finding codes for a container's faults.
var faultCodes = map[ooxml.Kind]string{ooxml.Incomplete: CodeIncomplete, ooxml.Damaged: CodeDamaged,
	ooxml.Encrypted: CodeEncrypted, ooxml.OldOffice: CodeOldExcel, ooxml.Inflates: CodeInflates,
	ooxml.Excessive: CodeManyParts}

// inPart is the refusal for an error in one of the parts; nil where there is none.
func inPart(part string, err error) error {
	if err == nil {
		return nil
	}
	return refuseFault(err, part)
}

// refuseFault turns the fault of a container, or of one of its parts, into a refusal.
func refuseFault(err error, part string) *Refusal {
	if known, ok := errors.AsType[*Refusal](err); ok {
		return known
	}
	f, ok := errors.AsType[*ooxml.Fault](err)
	if !ok {
		return refuse(CodeDamaged, "%v", err)
	}
	if part != "" && f.Kind == ooxml.Damaged {
		return refuse(CodeDamaged, "%s：%s", path.Base(part), f.Detail)
	}
	return &Refusal{faultCodes[f.Kind], f.Detail}
}

// damagedError is the error for invalid content; tooManyError is for more of something than a form can have.
func damagedError(what string) error { return &ooxml.Fault{Kind: ooxml.Damaged, Detail: what} }
func tooManyError(what string) error { return &ooxml.Fault{Kind: ooxml.Excessive, Detail: what} }

// headSize is how much of a file tells its kind.
const headSize = 4096

// sniff recognises by the first bytes a file that is not a container; nil: it is one.
func sniff(data []byte) *Refusal {
	switch {
	case len(data) == 0:
		return &Refusal{CodeEmpty, ""}
	case len(data) > ooxml.MaxFile:
		return &Refusal{CodeTooLarge, "超过 20 MB"}
	case bytes.HasPrefix(data, ooxml.MagicZip), bytes.HasPrefix(data, ooxml.MagicOLE):
		return nil
	}
	head := data[:min(len(data), headSize)]
	lower := strings.ToLower(string(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n")))
	known, _ := matchKind(map[string]func(string) bool{
		"begins": func(sign string) bool { return strings.HasPrefix(string(head), sign) },
		"at257":  func(sign string) bool { return len(head) > 257 && strings.HasPrefix(string(head[257:]), sign) },
		"text":   func(sign string) bool { return strings.HasPrefix(lower, sign) },
		"holds":  func(sign string) bool { return strings.Contains(lower, sign) },
	})
	switch {
	case known != nil:
		return known
	case len(data) < 3: // no table of any kind
		return refuse(CodeIncomplete, "只有 %d 个字节", len(data))
	case isText(head) && strings.ContainsAny(lower, ",\t;；，"):
		return &Refusal{CodeCSV, ""}
	case isText(head):
		return &Refusal{CodeWebPage, "文本"}
	}
	return refuse(CodeIncomplete, "开头不是表格文件")
}

//go:embed kinds.tsv
var kindsFile string

// fileKinds are what files are by their names and first bytes, see kinds.tsv.
var fileKinds = readKinds()

type fileKind struct {
	by, code, detail string
	signs            []string
}

func readKinds() (out []fileKind) {
	for line := range strings.Lines(kindsFile) {
		f := append(strings.Split(strings.TrimSuffix(line, "\n"), "\t"), "")
		if strings.HasPrefix(line, "#") {
			continue
		}
		k := fileKind{by: f[0], code: f[2], detail: f[3]}
		for _, written := range strings.Fields(f[1]) {
			sign, _ := strconv.Unquote(`"` + written + `"`)
			k.signs = append(k.signs, sign)
		}
		out = append(out, k)
	}
	return out
}

// matchKind returns the first kind of file that one of the matchers recognises, and the name of the matcher; nil: none.
func matchKind(tells map[string]func(sign string) bool) (r *Refusal, by string) {
	for _, k := range fileKinds {
		if tells[k.by] == nil {
			continue
		}
		if i := slices.IndexFunc(k.signs, tells[k.by]); i >= 0 {
			capitals := strings.ToUpper(strings.TrimPrefix(k.signs[i], "."))
			return &Refusal{k.code, strings.Replace(k.detail, "*", capitals, 1)}, k.by
		}
	}
	return nil, ""
}

// isText reports whether the bytes are text, in UTF-8 or GBK.
func isText(head []byte) bool {
	whole := head
	for range utf8.UTFMax - 1 { // the last character may be cut off
		if !utf8.Valid(whole) {
			whole = whole[:len(whole)-1]
		}
	}
	if utf8.Valid(whole) {
		head = whole
	} else {
		plain, err := simplifiedchinese.GB18030.NewDecoder().Bytes(head)
		if err != nil {
			return false
		}
		head = plain
	}
	bad := 0
	for _, r := range string(head) {
		if r < 0x20 && !strings.ContainsRune("\t\r\n", r) || r == utf8.RuneError {
			bad++
		}
	}
	return bad*50 <= len(head)
}
