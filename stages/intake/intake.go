// Package intake reads the files that arrived into flat cells with places. Every file is opened once and read once:
// first its container is verified, then its sheets are read, then its cells are bound to the form. A file that can't be
// used becomes a refusal with a code; it never stops the others.
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
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
	"lianheti/templates"
)

// Read reads one file. It is Accepted if its cells could be bound to the form, even if a later version replaces it.
func Read(d *templates.Definition, s Source) model.Workbook {
	file, book, refusal := s.readBook(false, "")
	if refusal == nil {
		return bind(d, file, book)
	}
	code := refusal.Code
	if s.decided != nil && (code == CodeNotWorkbook && s.decided.fate() == model.Ignored ||
		(code == CodeNotWorkbook || code == CodeIncomplete) && s.decided.Code == CodeOtherArchive) {
		refusal = s.decided // the content does not contradict the name
	}
	return refused(file, refusal)
}

// readBook reads the cells of a workbook, or says why it can't. keepAll and onlySheet are open's.
func (s Source) readBook(keepAll bool, onlySheet string) (file model.File, book *Book, refusal *Refusal) {
	file = model.File{Path: s.Path, Size: s.Size}
	if s.decided != nil {
		if refusal = s.decidedByName(&file); refusal != nil {
			return file, nil, refusal
		}
	}
	data, err := s.Read(MaxFile)
	if err != nil {
		file.SHA256, file.NoHash, _ = s.digest()
		return file, nil, s.readRefusal(err)
	}
	file.SHA256, file.Size, file.Fate = model.Digest(data), int64(len(data)), model.Accepted
	book, refusal = open(data, keepAll, onlySheet)
	return file, book, refusal
}

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
	file, book, refusal := s.readBook(true, "")
	if refusal != nil {
		return refused(file, refusal).File, nil
	}
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
	_, book, refusal := s.readBook(true, templates.MetaSheet)
	if refusal != nil {
		return 0
	}
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
	data, err := s.Read(MaxFile)
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
