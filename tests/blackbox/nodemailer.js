// Sends one message with nodemailer as the JSON on standard input says, and prints the server's reply.
const nodemailer = require('nodemailer');

let input = '';
process.stdin.on('data', (chunk) => (input += chunk));
process.stdin.on('end', async () => {
  const { transport, message } = JSON.parse(input);
  const mailer = nodemailer.createTransport({ ...transport, tls: { rejectUnauthorized: false } });
  try {
    const info = await mailer.sendMail(message);
    console.log(JSON.stringify({ response: info.response, messageId: info.messageId }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message, code: error.responseCode }));
    process.exitCode = 1;
  } finally {
    mailer.close();
  }
});
