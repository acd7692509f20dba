// A new id for each process: nothing that could recognise a student.
export async function getDeviceId() {
  return crypto.randomUUID();
}
