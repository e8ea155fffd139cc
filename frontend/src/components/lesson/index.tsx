/** A lesson's text, and the files a lab is made of. Lesson text is untrusted: it passes the sanitiser. */

export { LabFiles } from "./LabFiles";
export { LessonText } from "./LessonText";
