// A new id for each process: nothing that could recognize a student.
export async function getDeviceId() {
  return crypto.randomUUID();
}
