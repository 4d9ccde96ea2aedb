package intake

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/richardlehane/mscfb"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Limits of one workbook. Measured on public files: a filled form unpacks to about 1 MB; one in a thousand real
// workbooks exceeds 10 MB.
const (
	MaxFile    = 20 << 20
	maxPart    = 64 << 20
	maxTotal   = 128 << 20
	maxEntries = 2000
)

// Refusal is why a file can't be used: a code of the catalogue, and what exactly, for a person.
type Refusal struct {
	Code   string
	Detail string
}

func refuse(code, format string, args ...any) *Refusal {
	return &Refusal{code, fmt.Sprintf(format, args...)}
}

// parts are the entries of a workbook's container, by name, each proven by its checksum.
type parts map[string][]byte

// unpack proves a workbook's container whole and gives its parts. Nothing of a file is believed before every one of its bytes is
// accounted for: excelize and archive/zip pass over wrong checksums where the header lies.
func unpack(data []byte) (parts, *Refusal) {
	if refusal := sniff(data); refusal != nil {
		return nil, refusal
	}
	if bytes.HasPrefix(data, magicOLE) {
		plain, refusal := decrypt(data)
		if refusal != nil {
			return nil, refusal
		}
		data = plain
	}
	p, refusal := inflate(data, func(name string) bool {
		return strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".rels") || name == "mimetype"
	})
	if refusal != nil {
		return nil, refusal
	}
	return p, p.kind()
}

// kind refuses containers that hold something other than a workbook.
func (p parts) kind() *Refusal {
	types := string(p["[Content_Types].xml"])
	main := p.mainType()
	switch {
	case strings.HasPrefix(string(p["mimetype"]), "application/vnd.oasis"):
		return &Refusal{CodeOpenDocument, ""}
	case strings.Contains(main, "macroEnabled") || strings.Contains(main, "sheet.binary"):
		return &Refusal{CodeMacro, ""}
	case strings.Contains(types, "wordprocessingml"), p["word/document.xml"] != nil:
		return &Refusal{CodeNotWorkbook, "Word 文档"}
	case strings.Contains(types, "presentationml"):
		return &Refusal{CodeNotWorkbook, "演示文稿"}
	case types == "":
		return &Refusal{CodeNotWorkbook, "压缩包"}
	}
	return nil
}

// mainType is the content type that the workbook's main part is declared to have. Only that part tells the kind: SheetJS lists the
// types of macros and binary sheets in every file that it writes.
func (p parts) mainType() string {
	budget := newBudget()
	roots, _ := p.relations("_rels/.rels", "", budget)
	name, found := "/"+relation(roots, "", "/officeDocument"), ""
	_ = budget.walk(p["[Content_Types].xml"], func(e *element) error {
		switch {
		case e.name == "Override" && strings.EqualFold(e.attr("PartName"), name):
			found = e.attr("ContentType")
		case e.name == "Default" && found == "" && strings.HasSuffix(name, "."+e.attr("Extension")):
			found = e.attr("ContentType")
		}
		return nil
	})
	return found
}

var (
	magicOLE = []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	magicZip = []byte("PK\x03\x04")
)

// headSize is how much of a file tells its kind.
const headSize = 4096

// sniff tells by the first bytes what a file is that is not a container of parts.
func sniff(data []byte) *Refusal {
	head := data[:min(len(data), headSize)]
	lower := strings.ToLower(string(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n")))
	switch {
	case len(data) == 0:
		return &Refusal{CodeEmpty, ""}
	case len(data) > MaxFile:
		return &Refusal{CodeTooLarge, "超过 20 MB"}
	case bytes.HasPrefix(data, magicZip), bytes.HasPrefix(data, magicOLE):
		return nil
	case strings.HasPrefix(lower, "%pdf"):
		return &Refusal{CodeNotWorkbook, " PDF 文件"}
	case strings.HasPrefix(lower, "rar!"):
		return &Refusal{CodeOtherArchive, "RAR"}
	case strings.HasPrefix(lower, "7z\xbc\xaf") || bytes.HasPrefix(data, []byte("7z\xBC\xAF\x27\x1C")):
		return &Refusal{CodeOtherArchive, "7z"}
	case strings.HasPrefix(lower, "<!doctype html"), strings.HasPrefix(lower, "<html"), strings.Contains(lower, "<table"):
		return &Refusal{CodeWebPage, "HTML"}
	case strings.HasPrefix(lower, "mime-version"):
		return &Refusal{CodeWebPage, "MHT"}
	case strings.HasPrefix(lower, "<?xml"), strings.HasPrefix(lower, "<office:"):
		return &Refusal{CodeWebPage, "XML"}
	case bytes.HasPrefix(head, []byte("UEsDB")): // "PK\x03\x04" as mail carries it
		return refuse(CodeIncomplete, "还是邮件的 Base64 编码，没有还原")
	case isPicture(head):
		return &Refusal{CodeNotWorkbook, "图片"}
	case isText(head):
		return &Refusal{CodeCSV, ""}
	}
	return refuse(CodeIncomplete, "开头不是表格文件")
}

func isPicture(head []byte) bool {
	for _, magic := range []string{"\x89PNG", "\xFF\xD8\xFF", "GIF8", "BM"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// isText says whether the bytes are readable text, in UTF-8 or GBK.
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

// decrypt opens what an OLE file holds: a read-only book of Excel, encrypted with the password every program knows.
// Everything else is refused: a real password, an old .xls.
func decrypt(data []byte) (plain []byte, refusal *Refusal) {
	defer func() { // the OLE readers may panic on broken files
		if recover() != nil {
			plain, refusal = nil, refuse(CodeDamaged, "旧格式容器已损坏")
		}
	}()
	source := &frugal{*bytes.NewReader(data), maxOldDirectory}
	streams, err := mscfb.New(source)
	switch {
	case err != nil && source.left < 0:
		return nil, refuse(CodeManyParts, "旧格式容器的目录过大")
	case err != nil:
		return nil, refuse(CodeIncomplete, "旧格式容器打不开")
	}
	source.left = MaxFile
	encrypted, described := 0, 0
	var info []byte
	for entry, err := streams.Next(); err == nil; entry, err = streams.Next() {
		switch entry.Name {
		case "EncryptedPackage":
			encrypted++
		case "EncryptionInfo":
			described++
			info = make([]byte, min(max(entry.Size, 0), maxInfo))
			_, _ = streams.Read(info)
		}
	}
	spins, clear := spinCount(info)
	switch {
	case encrypted == 0:
		return nil, &Refusal{CodeOldExcel, ""}
	case encrypted > 1 || described > 1: // the library reads each
		return nil, refuse(CodeDamaged, "旧格式容器里有两份加密内容")
	case len(info) == maxInfo, !clear, spins > maxSpins: // the library would turn for minutes
		return nil, &Refusal{CodeEncrypted, ""}
	}
	plain, err = excelize.Decrypt(data, &excelize.Options{Password: "VelvetSweatshop"})
	if err != nil || !bytes.HasPrefix(plain, magicZip) {
		return nil, &Refusal{CodeEncrypted, ""}
	}
	// The encryption pads the container; cut it behind the end of its directory.
	if end := endOfDirectory(plain); end > 0 {
		plain = plain[:end]
	}
	return plain, nil
}

// maxSpins bounds how often a password is hashed to make the key. Excel and WPS write 100,000.
const maxSpins = 1000000

// maxInfo bounds the description of an encryption, which takes about 1 KB.
const maxInfo = 64 << 10

// spinCount reads the largest spin count that the description of an encryption names; older encryption names none. Not clear: there
// is a description that can't be read to its end, and what the library would find in it is not known.
func spinCount(info []byte) (most int, clear bool) {
	const version = 8
	if !bytes.HasPrefix(info, []byte{4, 0, 4, 0}) { // of the newer encryption, which is described in XML
		return 0, true
	}
	err := newBudget().walk(info[min(version, len(info)):], func(e *element) error {
		if n, err := strconv.Atoi(strings.TrimSpace(e.attr("spinCount"))); err == nil {
			most = max(most, n)
		}
		return nil
	})
	return most, err == nil
}

// maxOldDirectory bounds what is read of an old container to know its streams: the library keeps a path for each, and streams inside
// each other take the square of their number. An encrypted book has eight, in 2 KB.
const maxOldDirectory = 256 << 10

// frugal gives only so many bytes of a file in all.
type frugal struct {
	bytes.Reader
	left int
}

func (f *frugal) ReadAt(p []byte, at int64) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errTooLarge
	}
	return f.Reader.ReadAt(p, at)
}

// endOfDirectory gives where a zip container ends; 0 where no end is found.
func endOfDirectory(data []byte) int {
	at := bytes.LastIndex(data, []byte("PK\x05\x06"))
	if at < 0 || at+22 > len(data) {
		return 0
	}
	return at + 22 + int(data[at+20]) + int(data[at+21])<<8
}

// maxDirectory bounds the directory of a container: archive/zip reads it whole before anything can be counted.
const maxDirectory = 4 << 20

// directorySize reads the end of a zip container of a size: how large its directory is. ok says that the directory stands where the
// end says, seen from the first byte: nothing stands before the container, and none of it was cut off at its beginning.
func directorySize(tail []byte, size int64) (directory int64, ok bool) {
	const end, locator, end64 = 22, 20, 56
	at := endOfDirectory(tail)
	if at == 0 {
		return 0, false
	}
	at = bytes.LastIndex(tail, []byte("PK\x05\x06"))
	pos := size - int64(len(tail)-at)
	directory, offset := int64(binary.LittleEndian.Uint32(tail[at+12:])), int64(binary.LittleEndian.Uint32(tail[at+16:]))
	if directory+offset == pos {
		return directory, true
	}
	if at < locator+end64 || !bytes.HasPrefix(tail[at-locator:], []byte("PK\x06\x07")) || !bytes.HasPrefix(tail[at-locator-end64:], []byte("PK\x06\x06")) {
		return 0, false
	}
	record := tail[at-locator-end64:] // of large containers, and of programs that write every one so
	large, far := binary.LittleEndian.Uint64(record[40:]), binary.LittleEndian.Uint64(record[48:])
	return int64(large), large < maxDirectory && far < uint64(size) && int64(large+far) == pos-locator-end64
}

// inflate proves every entry of a zip container and gives those that are wanted.
func inflate(data []byte, wanted func(name string) bool) (parts, *Refusal) {
	end := endOfDirectory(data)
	if end == 0 {
		return nil, refuse(CodeIncomplete, "缺少结尾，可能被截断")
	}
	if end != len(data) {
		return nil, refuse(CodeDamaged, "结尾之后另有内容")
	}
	if size, ok := directorySize(data, int64(len(data))); !ok || size > maxDirectory {
		return nil, refuse(CodeDamaged, "目录与文件大小不符")
	}
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, refuse(CodeIncomplete, "目录打不开")
	}
	if len(zr.File) > maxEntries {
		return nil, refuse(CodeInflates, "含 %d 个部件", len(zr.File))
	}
	out, seen, total := parts{}, map[string]bool{}, uint64(0)
	for _, f := range zr.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		if f.FileInfo().IsDir() {
			continue
		}
		if seen[name] {
			return nil, refuse(CodeDamaged, "部件重名")
		}
		seen[name] = true
		content, refusal := inflateEntry(f, maxTotal-total)
		if refusal != nil {
			return nil, refusal
		}
		total += uint64(len(content))
		if wanted(name) || strings.EqualFold(f.Name, "[Content_Types].xml") {
			out[partName(f.Name)] = content
		}
	}
	return out, nil
}

// partName writes part names alike: programs differ in slashes and in the case of [Content_Types].xml.
func partName(name string) string {
	name = strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/")
	if strings.EqualFold(name, "[Content_Types].xml") {
		return "[Content_Types].xml"
	}
	return name
}

// inflateEntry unpacks one entry and proves its length and checksum, which are computed here: archive/zip believes a
// checksum of zero.
func inflateEntry(f *zip.File, left uint64) ([]byte, *Refusal) {
	const encrypted = 1
	switch {
	case f.Flags&encrypted != 0:
		return nil, &Refusal{CodeEncrypted, ""}
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return nil, refuse(CodeDamaged, "压缩方法 %d 不认识", f.Method)
	case f.Mode()&fs.ModeSymlink != 0:
		return nil, refuse(CodeDamaged, "部件是链接")
	case f.UncompressedSize64 > min(maxPart, left):
		return nil, refuse(CodeInflates, "解开后超过 %d MB", min(maxPart, left)>>20)
	}
	raw, err := f.OpenRaw()
	if err != nil {
		return nil, refuse(CodeDamaged, "部件打不开")
	}
	if f.Method == zip.Deflate {
		raw = flate.NewReader(raw)
	}
	content := make([]byte, 0, min(f.UncompressedSize64, 1<<20))
	buffer := bytes.NewBuffer(content)
	n, err := io.Copy(buffer, io.LimitReader(raw, int64(f.UncompressedSize64)+1))
	if err != nil || uint64(n) != f.UncompressedSize64 {
		return nil, refuse(CodeDamaged, "部件长度不符")
	}
	if crc32.ChecksumIEEE(buffer.Bytes()) != f.CRC32 {
		return nil, refuse(CodeDamaged, "部件校验和不符")
	}
	return buffer.Bytes(), nil
}
