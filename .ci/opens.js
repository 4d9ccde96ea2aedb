// ExcelJS 和 SheetJS 都打得开，工作表一样。用法：node opens.js 工作簿…
const excel = require("exceljs"), sheets = require("xlsx");

(async () => {
  for (const name of process.argv.slice(2)) {
    const book = new excel.Workbook();
    await book.xlsx.readFile(name);
    const one = book.worksheets.map((s) => s.name).join("、");
    const two = sheets.readFile(name).SheetNames.join("、");
    if (one !== two) {
      console.log(`${name}：ExcelJS 读到 ${one}，SheetJS 读到 ${two}`);
      process.exitCode = 1;
    }
  }
})().catch((e) => {
  console.log(String(e));
  process.exit(1);
});
